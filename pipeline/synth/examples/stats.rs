//! Counts over the clips of a split: `stats [CLIPS] [SPLIT] [SEED]`; what `ego synth --stats` prints.

use std::error::Error;
use std::io::Write as _;

use ego_synth::clip::Clip;
use ego_synth::script::Script;
use ego_synth::split::Split;
use ego_synth::stats::Stats;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let clips: u64 = args.first().map_or(Ok(720), |a| a.parse())?;
    let split = args.get(1).map_or(Some(Split::Train), |a| Split::from_name(a)).ok_or("a split is train, val, test or unseen")?;
    let seed: u64 = args.get(2).map_or(Ok(1), |a| a.parse())?;
    let mut stats = Stats::default();
    for index in 0..clips {
        let (seed, script) = split.clip(seed, index, &Script::default());
        stats.add(&Clip::new(seed, &script)?, 5);
    }
    write!(std::io::stdout(), "{stats}")?;
    Ok(())
}
