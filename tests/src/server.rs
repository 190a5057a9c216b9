//! A camera on the network that a test can pull out and put back: bytes over TCP, bare or as an HTTP answer.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Sends one clip to each connection and then closes it.
pub struct Server {
    address: SocketAddr,
    thread: Option<JoinHandle<usize>>,
    stop: Sender<()>,
}

/// How the bytes are dressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dress {
    /// Nothing but the clip.
    Bare,
    /// An HTTP/1.0 answer that ends with the connection.
    Http,
}

impl Server {
    /// Listens on a free port of this machine. Connection `n` gets `clips[n]`; after the last one the port is closed.
    pub fn start(clips: Vec<Vec<u8>>, dress: Dress) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("has an address");
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || serve(&listener, &clips, dress, &stopped));
        Server { address, thread: Some(thread), stop }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Stops and says how many connections were served.
    pub fn finish(mut self) -> usize {
        self.end()
    }

    fn end(&mut self) -> usize {
        let Some(thread) = self.thread.take() else { return 0 };
        let _ = self.stop.send(());
        // Wakes the accept call; refused when the listener has gone already.
        let _ = TcpStream::connect(self.address);
        thread.join().expect("the server does not panic")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn serve(listener: &TcpListener, clips: &[Vec<u8>], dress: Dress, stopped: &Receiver<()>) -> usize {
    let mut served = 0;
    for clip in clips {
        let Ok((mut peer, _)) = listener.accept() else { break };
        if stopped.try_recv().is_ok() {
            break;
        }
        served += 1;
        // The other side may hang up whenever it likes.
        let _ = answer(&mut peer, clip, dress);
    }
    served
}

fn answer(peer: &mut TcpStream, clip: &[u8], dress: Dress) -> std::io::Result<()> {
    if dress == Dress::Http {
        let mut request = Vec::new();
        let mut byte = [0; 1];
        while !request.ends_with(b"\r\n\r\n") && peer.read(&mut byte)? == 1 {
            request.push(byte[0]);
        }
        peer.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n")?;
    }
    peer.write_all(clip)?;
    peer.shutdown(Shutdown::Write)?;
    // Wait for the other side to have read everything.
    let mut rest = [0; 256];
    while peer.read(&mut rest)? > 0 {}
    Ok(())
}
