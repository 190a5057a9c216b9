//! Scripts in words: `slowly pour milk with the left hand, dim light, shaky`.
//!
//! ```text
//! prompt = item { (" " | "," | "then" | "and") item }
//! item   = verb noun | "idle" | "hand leaves" | adverb
//! verb   = grab place open close pour "take out" "put in" apply read spray squeeze
//! noun   = book espresso lotion spray milk cocoa chips cappuccino
//! adverb = one of the phrases of `PHRASES`, anywhere
//! ```
//! Small words (the, a, with, of ...) are passed over; everything else is an error that lists what is known.

use ego_core::hands::Side;

use super::{Script, Shake, Speed, Step};
use crate::cast::{Action, NOUNS, VERBS, noun_name, nouns_of, verb, verb_name};
use crate::error::SynthError;
use crate::people::HandSize;
use crate::recipe::{Cover, LightWish};

/// Words without a meaning of their own.
const SMALL: [&str; 15] = ["the", "a", "an", "with", "of", "in", "and", "then", "from", "some", "his", "her", "their", "while", "is"];

/// What an adverb phrase changes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wish {
    Speed(Speed),
    Main(Side),
    OneHanded,
    BothHands,
    Light(LightWish),
    Shake(Shake),
    Skin(f32),
    Gloves(Cover),
    Sleeves(Cover),
    Rings(Cover),
    Size(HandSize),
    Bystander(bool),
    Hesitant(bool),
    Clean,
    Idle(f64),
    Leave(Option<Side>),
}

/// All adverb phrases; longer ones are tried first.
const PHRASES: [(&str, Wish); 61] = [
    ("slowly", Wish::Speed(Speed::Slow)),
    ("slow", Wish::Speed(Speed::Slow)),
    ("calmly", Wish::Speed(Speed::Slow)),
    ("quickly", Wish::Speed(Speed::Quick)),
    ("quick", Wish::Speed(Speed::Quick)),
    ("fast", Wish::Speed(Speed::Quick)),
    ("normal speed", Wish::Speed(Speed::Normal)),
    ("left hand", Wish::Main(Side::Left)),
    ("left handed", Wish::Main(Side::Left)),
    ("right hand", Wish::Main(Side::Right)),
    ("right handed", Wish::Main(Side::Right)),
    ("one hand", Wish::OneHanded),
    ("one handed", Wish::OneHanded),
    ("both hands", Wish::BothHands),
    ("two hands", Wish::BothHands),
    ("dim light", Wish::Light(LightWish::Dim)),
    ("dim", Wish::Light(LightWish::Dim)),
    ("evening", Wish::Light(LightWish::Dim)),
    ("bright light", Wish::Light(LightWish::Bright)),
    ("bright", Wish::Light(LightWish::Bright)),
    ("daylight", Wish::Light(LightWish::Bright)),
    ("warm light", Wish::Light(LightWish::Warm)),
    ("warm", Wish::Light(LightWish::Warm)),
    ("cold light", Wish::Light(LightWish::Cold)),
    ("cold", Wish::Light(LightWish::Cold)),
    ("shaky camera", Wish::Shake(Shake::Shaky)),
    ("shaky", Wish::Shake(Shake::Shaky)),
    ("steady camera", Wish::Shake(Shake::Steady)),
    ("steady", Wish::Shake(Shake::Steady)),
    ("light skin", Wish::Skin(0.08)),
    ("medium skin", Wish::Skin(0.45)),
    ("brown skin", Wish::Skin(0.65)),
    ("dark skin", Wish::Skin(0.92)),
    ("gloves", Wish::Gloves(Cover::Yes)),
    ("glove", Wish::Gloves(Cover::Yes)),
    ("no gloves", Wish::Gloves(Cover::No)),
    ("bare hands", Wish::Gloves(Cover::No)),
    ("sleeves", Wish::Sleeves(Cover::Yes)),
    ("sleeve", Wish::Sleeves(Cover::Yes)),
    ("long sleeves", Wish::Sleeves(Cover::Yes)),
    ("no sleeves", Wish::Sleeves(Cover::No)),
    ("bare arms", Wish::Sleeves(Cover::No)),
    ("ring", Wish::Rings(Cover::Yes)),
    ("rings", Wish::Rings(Cover::Yes)),
    ("child", Wish::Size(HandSize::Child)),
    ("small hands", Wish::Size(HandSize::Small)),
    ("medium hands", Wish::Size(HandSize::Medium)),
    ("large hands", Wish::Size(HandSize::Large)),
    ("bystander", Wish::Bystander(true)),
    ("alone", Wish::Bystander(false)),
    ("hesitantly", Wish::Hesitant(true)),
    ("hesitating", Wish::Hesitant(true)),
    ("decidedly", Wish::Hesitant(false)),
    ("clean picture", Wish::Clean),
    ("idle", Wish::Idle(2.5)),
    ("wait", Wish::Idle(2.5)),
    ("long idle", Wish::Idle(8.0)),
    ("hand leaves", Wish::Leave(None)),
    ("left hand leaves", Wish::Leave(Some(Side::Left))),
    ("right hand leaves", Wish::Leave(Some(Side::Right))),
    ("hands rest", Wish::Idle(2.5)),
];

/// All words and phrases that a prompt may hold, for help texts and errors.
pub fn known_words() -> String {
    let phrases = PHRASES.iter().map(|(phrase, _)| *phrase);
    let all: Vec<&str> = VERBS[1..].iter().chain(&NOUNS[1..]).copied().chain(phrases).collect();
    all.join(", ")
}

/// The error for a verb with an object that it cannot have.
pub(super) fn impossible(action: Action) -> SynthError {
    let possible: Vec<&str> = nouns_of(action.verb).into_iter().map(noun_name).collect();
    SynthError::Impossible { verb: verb_name(action.verb), noun: noun_name(action.noun), possible: possible.join(", ") }
}

fn lookup<'a, T: Copy>(table: impl Iterator<Item = (&'a str, T)>, words: &[&str]) -> Option<(usize, T)> {
    table
        .filter_map(|(phrase, value)| {
            let parts: Vec<&str> = phrase.split(' ').collect();
            words.starts_with(&parts).then_some((parts.len(), value))
        })
        .max_by_key(|(length, _)| *length)
}

fn numbered<'a>(names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, u32)> {
    names.iter().enumerate().skip(1).map(|(i, name)| (*name, i as u32))
}

/// The nearest known word, when it is near enough to be meant.
fn nearest(word: &str) -> Option<String> {
    let parts = PHRASES.iter().flat_map(|(phrase, _)| phrase.split(' '));
    let names = VERBS[1..].iter().chain(&NOUNS[1..]).flat_map(|n| n.split(' '));
    let best = parts.chain(names).map(|known| (strsim::damerau_levenshtein(word, known), known)).min()?;
    (best.0 <= 1 + word.len() / 4).then(|| best.1.to_owned())
}

/// Adds what a prompt says to a script.
///
/// # Errors
/// Names the first word that is not known, a verb without its object, a pair that cannot be played, or two wishes that contradict.
pub fn parse(prompt: &str, base: &Script) -> Result<Script, SynthError> {
    let lower = prompt.to_lowercase().replace([',', ';', '.', '-', '!', '\n', '\t'], " ");
    let words: Vec<&str> = lower.split_whitespace().collect();
    let mut script = base.clone();
    let mut pending: Option<u32> = None;
    let mut said: Vec<(std::mem::Discriminant<Wish>, Wish, String)> = Vec::new();
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        let wish = lookup(PHRASES.iter().copied(), rest);
        let verb = lookup(numbered(&VERBS), rest);
        let noun = lookup(numbered(&NOUNS), rest);
        // "spray" is both: the object when a verb waits for one, or else the verb.
        if let (Some(v), Some((length, n))) = (pending, noun) {
            let action = Action { verb: v, noun: n };
            if !action.playable() {
                return Err(impossible(action));
            }
            script.steps.push(Step::Play(action));
            pending = None;
            at += length;
        } else if let Some((length, wish)) = wish
            && verb.is_none_or(|(l, _)| l <= length)
        {
            let phrase = rest[..length].join(" ");
            let kind = std::mem::discriminant(&wish);
            if let Some((_, before, first)) = said.iter().find(|(k, w, _)| *k == kind && *w != wish)
                && !matches!(before, Wish::Idle(_) | Wish::Leave(_))
            {
                return Err(SynthError::Contradiction { first: first.clone(), second: phrase });
            }
            said.push((kind, wish, phrase));
            grant(&mut script, wish);
            at += length;
        } else if let Some((length, v)) = verb {
            if let Some(waiting) = pending {
                return Err(no_noun(waiting));
            }
            pending = Some(v);
            at += length;
        } else if let Some((_, n)) = noun {
            let example = Action { verb: verb::GRAB, noun: n }.name();
            return Err(SynthError::Incomplete { said: noun_name(n).to_owned(), missing: "what to do with it", example });
        } else if SMALL.contains(&rest[0]) {
            at += 1;
        } else {
            return Err(SynthError::UnknownWord { word: rest[0].to_owned(), hint: nearest(rest[0]), known: known_words() });
        }
    }
    if let Some(v) = pending {
        // "spray" alone means the spray.
        if v != verb::SPRAY {
            return Err(no_noun(v));
        }
        script.steps.push(Step::Play(Action { verb: v, noun: crate::cast::noun::SPRAY }));
    }
    Ok(script)
}

fn no_noun(verb: u32) -> SynthError {
    let example = Action { verb, noun: nouns_of(verb).first().copied().unwrap_or(1) }.name();
    SynthError::Incomplete { said: verb_name(verb).to_owned(), missing: "which object", example }
}

fn grant(script: &mut Script, wish: Wish) {
    match wish {
        Wish::Speed(s) => script.speed = s,
        Wish::Main(side) => script.main = Some(side),
        Wish::OneHanded => script.one_handed = true,
        Wish::BothHands => script.one_handed = false,
        Wish::Light(l) => script.look.light = l,
        Wish::Shake(s) => script.shake = s,
        Wish::Skin(tone) => script.look.skin_tone = Some(tone),
        Wish::Gloves(c) => script.look.gloves = c,
        Wish::Sleeves(c) => script.look.sleeves = c,
        Wish::Rings(c) => script.look.rings = c,
        Wish::Size(s) => script.hands = s,
        Wish::Bystander(b) => script.bystander = Some(b),
        Wish::Hesitant(b) => script.hesitant = Some(b),
        Wish::Clean => script.look.clean = true,
        Wish::Idle(s) => script.steps.push(Step::Idle(Some(s))),
        Wish::Leave(side) => script.steps.push(Step::Leave(side)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::noun;

    fn read(prompt: &str) -> Result<Script, SynthError> {
        parse(prompt, &Script::default())
    }

    #[test]
    fn the_example_of_the_documentation() {
        let s = read("slowly pour milk with the left hand, dim light, shaky").expect("known words");
        assert_eq!(s.steps, vec![Step::Play(Action { verb: verb::POUR, noun: noun::MILK })]);
        assert_eq!((s.speed, s.main, s.look.light, s.shake), (Speed::Slow, Some(Side::Left), LightWish::Dim, Shake::Shaky));
    }

    #[test]
    fn verbs_of_two_words_sequences_and_the_spray() {
        let s = read("Take out cocoa then put in the cocoa, idle, spray spray, apply spray, right hand leaves; spray").expect("known");
        let names: Vec<String> = s
            .steps
            .iter()
            .map(|step| match step {
                Step::Play(a) => a.name(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            names,
            ["take out cocoa", "put in cocoa", "Idle(Some(2.5))", "spray spray", "apply spray", "Leave(Some(Right))", "spray spray"]
        );
        assert_eq!(s.main, None, "a hand that leaves is not the hand that acts");
    }

    #[test]
    fn errors_name_the_word_and_the_remedy() {
        let e = read("pour mlik").expect_err("a slip").to_string();
        assert!(e.contains("\"mlik\"") && e.contains("did you mean \"milk\"") && e.contains("cappuccino"), "{e}");
        assert!(matches!(read("pour book"), Err(SynthError::Impossible { verb: "pour", noun: "book", .. })));
        assert!(matches!(read("open then pour milk"), Err(SynthError::Incomplete { .. })));
        assert!(matches!(read("milk"), Err(SynthError::Incomplete { .. })));
        assert!(matches!(read("grab"), Err(SynthError::Incomplete { .. })));
        assert!(matches!(read("grab milk left hand right hand"), Err(SynthError::Contradiction { .. })));
        let e = read("levitate").expect_err("nobody levitates").to_string();
        assert!(e.contains("shaky camera") && e.contains("take out"), "{e}");
    }

    #[test]
    fn every_phrase_of_the_table_is_understood() {
        for (phrase, _) in PHRASES {
            assert!(read(phrase).is_ok(), "{phrase}");
        }
        for id in 1..=36 {
            let action = Action::from_id(id).expect("listed");
            let s = read(&action.name()).expect("a name of the list");
            assert_eq!(s.steps, vec![Step::Play(action)]);
        }
    }
}
