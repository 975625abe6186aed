//! A way to a local port that can be cut and mended, for a program that has to live without it.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A TCP forwarder.
pub struct TcpProxy {
    /// Where it begins.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    is_cut: bool,
    open: Vec<TcpStream>,
}

impl TcpProxy {
    /// One that leads to this port.
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for arriving in listener.incoming().flatten() {
                let mut state = shared.lock().unwrap();
                // Whoever comes while it is cut is hung up on.
                if state.is_cut {
                    continue;
                }
                let Ok(leaving) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                for (mut from, mut to) in
                    [(clone(&arriving), clone(&leaving)), (clone(&leaving), clone(&arriving))]
                {
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                state.open.extend([arriving, leaving]);
            }
        });
        Self { port, state }
    }

    /// Ends every connection, and lets no other through.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.state.lock().unwrap().is_cut = false;
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().unwrap()
}
