//! A connection to Postgres: just enough of its protocol for a user without a password.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// A connection.
pub struct Session {
    stream: TcpStream,
}

/// What a statement returned.
#[derive(Debug, Default, PartialEq)]
pub struct Answer {
    /// The rows; NULL is an empty text.
    pub rows: Vec<Vec<String>>,
    /// What was said beside them.
    pub warnings: Vec<String>,
}

/// One message of the server: its kind and its body.
type Message = (u8, Vec<u8>);

/// Long enough for any question that does not wait by design.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks one question over a connection of its own, and returns the first value of the first row.
pub fn ask(port: u16, sql: &str) -> Result<String, String> {
    let answer = Session::open(port, "question", Some(TIMEOUT))?.ask(sql)?;
    Ok(answer.rows.into_iter().flatten().next().unwrap_or_default())
}

impl Session {
    /// Connects under a name, that `pg_stat_activity` shows; without a timeout an answer may take for ever.
    pub fn open(port: u16, name: &str, timeout: Option<Duration>) -> Result<Self, String> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let stream = TcpStream::connect_timeout(&address, TIMEOUT).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(timeout.unwrap_or(TIMEOUT))).map_err(|error| error.to_string())?;
        let mut session = Self { stream };
        session.introduce(name)?;
        session.stream.set_read_timeout(timeout).map_err(|error| error.to_string())?;
        Ok(session)
    }

    fn introduce(&mut self, name: &str) -> Result<(), String> {
        // Version 3.0 of the protocol.
        let mut body = 196_608_u32.to_be_bytes().to_vec();
        for text in ["user", "postgres", "database", "postgres", "application_name", name, ""] {
            body.extend(text.as_bytes());
            body.push(0);
        }
        self.send(b"", &body)?;
        loop {
            match self.receive()? {
                (b'R', body) if body != [0; 4] => return Err("a password is asked for".to_owned()),
                (b'E', body) => return Err(message(&body)),
                (b'Z', _) => return Ok(()),
                _ => {}
            }
        }
    }

    /// Runs one statement.
    pub fn ask(&mut self, sql: &str) -> Result<Answer, String> {
        self.send(b"Q", &[sql.as_bytes(), &[0]].concat())?;
        let (mut answer, mut error) = (Answer::default(), None);
        loop {
            match self.receive()? {
                (b'D', body) => answer.rows.push(row(&body)),
                (b'N', body) => answer.warnings.push(message(&body)),
                (b'E', body) => error = Some(message(&body)),
                (b'Z', _) => return error.map_or(Ok(answer), Err),
                _ => {}
            }
        }
    }

    /// A handle that ends the connection from elsewhere, also while an answer is waited for.
    pub fn end(&self) -> impl Fn() + Send + use<> {
        let stream = self.stream.try_clone().expect("a socket can be cloned");
        move || drop(stream.shutdown(Shutdown::Both))
    }

    /// Sends a body behind its kind, which the first message lacks, and its length; in one piece, so that none is held back.
    fn send(&mut self, kind: &[u8], body: &[u8]) -> Result<(), String> {
        let length = u32::try_from(body.len() + 4).expect("a short message");
        let message = [kind, &length.to_be_bytes(), body].concat();
        self.stream.write_all(&message).map_err(|error| error.to_string())
    }

    fn receive(&mut self) -> Result<Message, String> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head).map_err(|error| error.to_string())?;
        let mut body = vec![0; be_u32(&head[1..]) as usize - 4];
        self.stream.read_exact(&mut body).map_err(|error| error.to_string())?;
        Ok((head[0], body))
    }
}

fn be_u32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// The values of a row: a count of two bytes, then each behind its length; a length of -1 is NULL.
fn row(body: &[u8]) -> Vec<String> {
    let (mut values, mut rest) = (Vec::new(), &body[2..]);
    while rest.len() >= 4 {
        let length = usize::try_from(be_u32(rest).cast_signed()).unwrap_or(0);
        values.push(String::from_utf8_lossy(&rest[4..4 + length]).into_owned());
        rest = &rest[4 + length..];
    }
    values
}

/// What an error or a notice says: fields that each begin with a letter and end with a zero.
fn message(body: &[u8]) -> String {
    let mut fields = body.split(|byte| *byte == 0);
    let text = fields.find_map(|field| field.strip_prefix(b"M")).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}
