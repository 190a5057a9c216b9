//! Models by URL, against a server in the test that answers as it is told.
#![cfg(feature = "fetch")]
// clippy.toml allows this in test functions only; the functions that they share are test code as well.
#![allow(clippy::expect_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread::JoinHandle;

use ego_models::{ErrorKind, ModelError, PulledModel, pull};
use sha2::{Digest, Sha256};

/// One answer: status line and headers, then the body, then the connection is closed.
struct Answer {
    head: String,
    body: Vec<u8>,
}

fn answer(status: &str, headers: &[String], body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{}\r\n", headers.concat());
    Answer { head, body: body.to_vec() }
}

fn length(bytes: usize) -> String {
    format!("Content-Length: {bytes}\r\n")
}

/// A server for as many requests as there are answers.
struct Server {
    url: String,
    requests: JoinHandle<Vec<String>>,
}

impl Server {
    fn start(answers: Vec<Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/model.onnx", listener.local_addr().expect("bound"));
        let requests = std::thread::spawn(move || answers.iter().map(|answer| serve(&listener, answer)).collect());
        Server { url, requests }
    }

    /// The Range header of each request, empty where there was none.
    fn ranges(self) -> Vec<String> {
        self.requests.join().expect("the server ends well")
    }
}

fn serve(listener: &TcpListener, answer: &Answer) -> String {
    let (mut stream, _) = listener.accept().expect("a client");
    let mut range = String::new();
    for line in BufReader::new(stream.try_clone().expect("cloned")).lines() {
        let line = line.expect("a header");
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("range: ") {
            value.clone_into(&mut range);
        }
    }
    // A client that has seen enough may be gone.
    let _ = stream.write_all(answer.head.as_bytes()).and_then(|()| stream.write_all(&answer.body));
    range
}

/// A folder with a manifest for a file of 1000 bytes.
struct Setting {
    dir: tempfile::TempDir,
    content: Vec<u8>,
}

impl Setting {
    fn new() -> Setting {
        let content = (0..1000u32).map(|i| (i * 7 % 251) as u8).collect();
        Setting { dir: tempfile::tempdir().expect("temporary folder"), content }
    }

    fn hash(&self) -> String {
        Sha256::digest(&self.content).iter().map(|b| format!("{b:02x}")).collect()
    }

    fn models(&self) -> PathBuf {
        self.dir.path().join("models")
    }

    fn part(&self) -> PathBuf {
        self.models().join("model.onnx.part")
    }

    /// Puts the first bytes there, as an interrupted download leaves them.
    fn leave_part(&self, bytes: &[u8]) {
        std::fs::create_dir_all(self.models()).expect("made");
        std::fs::write(self.part(), bytes).expect("written");
    }

    fn manifest(&self, lines: &str) -> String {
        let text = format!(
            r#"
            name = "mine"
            version = "1"
            task = "hands"
            family = "test"
            licence = "CC0-1.0"
            {lines}
            [input]
            names = ["x"]
            layout = "nhwc"
            size = [1, 1]
            channels = "rgb"
            resize = "stretch"
            mean = [0, 0, 0]
            std = [1, 1, 1]
            [output.y]
            shape = [1]
            meaning = "nothing"
            "#
        );
        let path = self.dir.path().join("mine.toml");
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    fn pull(&self, url: &str) -> Result<PulledModel, ModelError> {
        let lines = format!("file = \"model.onnx\"\nurl = \"{url}\"\nsha256 = \"{}\"\nbytes = 1000", self.hash());
        pull(&self.manifest(&lines), &self.models(), &mut |_, _| ())
    }

    /// The file is there, whole, and nothing else is.
    fn check_complete(&self, pulled: &PulledModel, transferred: u64) {
        assert_eq!(pulled.transferred, transferred);
        assert_eq!((pulled.bytes, &pulled.sha256), (1000, &self.hash()));
        assert_eq!(std::fs::read(&pulled.path).expect("read"), self.content);
        assert!(!self.part().exists());
    }

    /// The download fails with an error that names the address and says all of `words`; the file does not appear.
    fn check_failed(&self, url: &str, words: &[&str]) {
        let error = self.pull(url).expect_err("fails");
        assert_eq!(error.kind(), ErrorKind::Runtime);
        let text = error.to_string();
        assert!(text.contains(url), "{text:?} should name {url}");
        for word in words {
            assert!(text.contains(word), "{text:?} should say {word:?}");
        }
        assert!(!self.models().join("model.onnx").exists());
    }
}

#[test]
fn a_whole_file_is_fetched_once() {
    let setting = Setting::new();
    let server = Server::start(vec![answer("200 OK", &[length(1000)], &setting.content)]);
    let url = server.url.clone();
    setting.check_complete(&setting.pull(&url).expect("pulled"), 1000);
    assert_eq!(server.ranges(), [""]);
    // The server is gone: a file that is there and sound is not asked for again.
    setting.check_complete(&setting.pull(&url).expect("there"), 0);
}

#[test]
fn progress_ends_with_the_whole() {
    let setting = Setting::new();
    let server = Server::start(vec![answer("200 OK", &[length(1000)], &setting.content)]);
    let lines = format!("file = \"model.onnx\"\nurl = \"{}\"\nsha256 = \"{}\"\nbytes = 1000", server.url, setting.hash().to_uppercase());
    let mut last = (0, 0);
    pull(&setting.manifest(&lines), &setting.models(), &mut |there, whole| last = (there, whole)).expect("pulled");
    assert_eq!(last, (1000, 1000));
}

#[test]
fn a_redirection_is_followed() {
    let setting = Setting::new();
    let target = Server::start(vec![answer("200 OK", &[length(1000)], &setting.content)]);
    let location = format!("Location: {}\r\n", target.url);
    let server = Server::start(vec![answer("302 Found", &[length(0), location], b"")]);
    setting.check_complete(&setting.pull(&server.url).expect("pulled"), 1000);
}

#[test]
fn an_interrupted_download_goes_on() {
    let setting = Setting::new();
    let range = "Content-Range: bytes 400-999/1000\r\n".to_owned();
    let server = Server::start(vec![
        answer("200 OK", &[length(1000)], &setting.content[..400]),
        answer("206 Partial Content", &[length(600), range], &setting.content[400..]),
    ]);
    setting.check_failed(&server.url, &["400 of 1000", "run the same command again"]);
    assert_eq!(std::fs::read(setting.part()).expect("kept"), &setting.content[..400]);
    setting.check_complete(&setting.pull(&server.url).expect("pulled"), 600);
    assert_eq!(server.ranges(), ["", "bytes=400-"]);
}

#[test]
fn an_end_without_a_length_is_an_interruption() {
    let setting = Setting::new();
    let server = Server::start(vec![answer("200 OK", &[], &setting.content[..10])]);
    setting.check_failed(&server.url, &["10 of 1000", "run the same command again"]);
    assert_eq!(std::fs::read(setting.part()).expect("kept").len(), 10);
}

#[test]
fn a_server_that_ignores_ranges_sends_everything() {
    let setting = Setting::new();
    setting.leave_part(b"from another version");
    let server = Server::start(vec![answer("200 OK", &[length(1000)], &setting.content)]);
    setting.check_complete(&setting.pull(&server.url).expect("pulled"), 1000);
    assert_eq!(server.ranges(), ["bytes=20-"]);
}

#[test]
fn an_unusable_range_starts_again() {
    for refusal in [
        answer("416 Range Not Satisfiable", &[length(0)], b""),
        answer("206 Partial Content", &[length(3), "Content-Range: bytes 7-9/10\r\n".into()], b"abc"),
    ] {
        let setting = Setting::new();
        setting.leave_part(b"from another version");
        let server = Server::start(vec![refusal, answer("200 OK", &[length(1000)], &setting.content)]);
        setting.check_complete(&setting.pull(&server.url).expect("pulled"), 1000);
        assert_eq!(server.ranges(), ["bytes=20-", ""]);
    }
}

#[test]
fn what_is_complete_already_is_only_checked() {
    let setting = Setting::new();
    setting.leave_part(&setting.content);
    // Nobody listens there.
    setting.check_complete(&setting.pull("http://127.0.0.1:1/model.onnx").expect("pulled"), 0);
}

#[test]
fn another_file_is_removed() {
    let setting = Setting::new();
    let server = Server::start(vec![answer("200 OK", &[length(1000)], &[1; 1000])]);
    setting.check_failed(&server.url, &["SHA-256", &setting.hash(), "check url"]);
    assert!(!setting.part().exists(), "a wrong file is no base to go on from");
}

#[test]
fn another_size_is_refused() {
    let setting = Setting::new();
    let server = Server::start(vec![answer("200 OK", &[length(1001)], &[0; 1001])]);
    setting.check_failed(&server.url, &["1001 bytes", "1000", "check url"]);
    assert!(!setting.part().exists());

    let server = Server::start(vec![answer("200 OK", &[], &[0; 2000])]);
    setting.check_failed(&server.url, &["more than", "1000", "check url"]);
    assert!(!setting.part().exists());
}

#[test]
fn refusals_and_silence_are_explained() {
    let setting = Setting::new();
    for (status, remedy) in
        [("404 Not Found", "check the url"), ("403 Forbidden", "by hand"), ("500 Internal Server Error", "try again later")]
    {
        let server = Server::start(vec![answer(status, &[length(4)], b"oops")]);
        setting.check_failed(&server.url, &[status, remedy]);
        assert!(!setting.part().exists(), "an error page is not a model");
    }
    setting.check_failed("http://127.0.0.1:1/model.onnx", &["check the network"]);
}

#[test]
fn a_manifest_that_cannot_be_pulled_says_why() {
    let setting = Setting::new();
    let check = |name: &str, words: &[&str]| {
        let text = pull(name, &setting.models(), &mut |_, _| ()).expect_err("refused").to_string();
        for word in words {
            assert!(text.contains(word), "{text:?} should say {word:?}");
        }
        assert!(!setting.models().exists());
    };
    check("mediapipe-hands", &["no url", "ego models import mediapipe"]);
    check("no-such-model", &["no-such-model", "mediapipe-hands"]);
    check(&setting.manifest("file = \"m.onnx\"\nurl = \"http://127.0.0.1:1/\""), &["mine.toml", "sha256 and bytes"]);
    let outside = format!("file = \"../m.onnx\"\nurl = \"http://127.0.0.1:1/\"\nsha256 = \"{}\"\nbytes = 1000", setting.hash());
    check(&setting.manifest(&outside), &["mine.toml", "../m.onnx"]);
}

#[test]
fn a_network_that_is_built_in_is_written_without_a_server() {
    let setting = Setting::new();
    let pulled = pull("ego-action", &setting.models(), &mut |_, _| ()).expect("written");
    assert!(pulled.built_in && pulled.transferred == 0);
    let wanted = ego_models::manifest::built_in("ego-action").expect("known");
    assert_eq!((Some(pulled.sha256), Some(pulled.bytes)), (wanted.sha256, wanted.bytes));
    assert_eq!(std::fs::metadata(pulled.path).expect("the file").len(), pulled.bytes);
}

#[test]
fn a_manifest_in_the_models_folder_is_pulled_by_its_name() {
    let setting = Setting::new();
    let server = Server::start(vec![answer("200 OK", &[length(1000)], &setting.content)]);
    let lines = format!("file = \"model.onnx\"\nurl = \"{}\"\nsha256 = \"{}\"\nbytes = 1000", server.url, setting.hash());
    let manifest = setting.manifest(&lines);
    std::fs::create_dir_all(setting.models()).expect("make");
    std::fs::rename(manifest, setting.models().join("of-mine.toml")).expect("move");
    let pulled = pull("of-mine", &setting.models(), &mut |_, _| ()).expect("pulled");
    assert!(!pulled.built_in);
    assert_eq!((pulled.transferred, std::fs::read(pulled.path).expect("file")), (1000, setting.content.clone()));
}

#[test]
fn a_model_without_a_published_hash_is_pinned_by_the_first_pull() {
    let setting = Setting::new();
    let server =
        Server::start(vec![answer("200 OK", &[length(1000)], &setting.content), answer("200 OK", &[length(1000)], &setting.content)]);
    let manifest = setting.manifest(&format!("file = \"model.onnx\"\nurl = \"{}\"\npin = \"first-pull\"", server.url));
    let pulled = pull(&manifest, &setting.models(), &mut |_, _| ()).expect("pulled");
    assert_eq!((pulled.bytes, &pulled.sha256, pulled.transferred), (1000, &setting.hash(), 1000));
    let pin = setting.models().join("model.onnx.sha256");
    assert_eq!(std::fs::read_to_string(&pin).expect("pin").trim(), setting.hash());
    // Here already: nothing is transferred. Damaged: brought again, and it must be the same file.
    assert_eq!(pull(&manifest, &setting.models(), &mut |_, _| ()).expect("here").transferred, 0);
    std::fs::write(setting.models().join("model.onnx"), b"damaged").expect("write");
    assert_eq!(pull(&manifest, &setting.models(), &mut |_, _| ()).expect("again").transferred, 1000);
    drop(server);
    std::fs::write(setting.models().join("model.onnx"), b"damaged").expect("write");
    let other = Server::start(vec![answer("200 OK", &[length(4)], b"evil")]);
    let manifest = setting.manifest(&format!("file = \"model.onnx\"\nurl = \"{}\"\npin = \"first-pull\"", other.url));
    let e = pull(&manifest, &setting.models(), &mut |_, _| ()).expect_err("another file").to_string();
    assert!(e.contains("SHA-256") && e.contains(&setting.hash()), "{e}");
}

#[test]
fn a_model_in_a_zip_file_is_taken_out_of_it() {
    use std::io::Write;
    let setting = Setting::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in [("20230320/readme.txt", &b"hello"[..]), ("20230320/model/end2end.onnx", &setting.content)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("entry");
        zip.write_all(bytes).expect("bytes");
    }
    let zip = zip.finish().expect("zip").into_inner();
    let pull_it = |body: &[u8], member: &str| {
        let server = Server::start(vec![answer("200 OK", &[length(body.len())], body)]);
        let lines = format!(
            "file = \"model.onnx\"\nurl = \"{}\"\nsha256 = \"{}\"\nbytes = 1000\narchive = \"{member}\"",
            server.url,
            setting.hash()
        );
        pull(&setting.manifest(&lines), &setting.models(), &mut |_, _| ())
    };
    for (body, member) in [(&zip[..], "other.onnx"), (&b"no zip file"[..], "end2end.onnx")] {
        let e = pull_it(body, member).expect_err("not in it").to_string();
        assert!(e.contains("ZIP file") && e.contains(member), "{e}");
        assert!(!setting.part().exists());
    }
    let pulled = pull_it(&zip, "end2end.onnx").expect("taken out");
    assert_eq!((pulled.bytes, &pulled.sha256), (1000, &setting.hash()));
    assert_eq!(std::fs::read(&pulled.path).expect("file"), setting.content);
}
