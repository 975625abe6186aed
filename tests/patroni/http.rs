//! Just enough of HTTP to talk to Patroni's REST interface and to etcd's.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(5);

/// The status and the body of an answer; none where there was none.
pub fn get(port: u16, path: &str) -> Option<(u16, Value)> {
    send(port, "GET", path, "")
}

/// The same after sending a body.
pub fn post(port: u16, path: &str, body: &Value) -> Option<(u16, Value)> {
    send(port, "POST", path, &body.to_string())
}

/// The same, for a change of what is there.
pub fn patch(port: u16, path: &str, body: &Value) -> Option<(u16, Value)> {
    send(port, "PATCH", path, &body.to_string())
}

/// HTTP 1.0, so that the answer comes in one piece and ends with the connection.
fn send(port: u16, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut connection = TcpStream::connect_timeout(&address, TIMEOUT).ok()?;
    connection.set_read_timeout(Some(TIMEOUT)).ok()?;
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.0\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut text = String::new();
    connection.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_else(|_| json!(body))))
}
