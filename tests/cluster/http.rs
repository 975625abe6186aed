//! Plain HTTP through `kubectl proxy`: an API call without what kubectl does around it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use serde_json::{Value, json};

use crate::namespace::Namespace;

/// Sends a request; HTTP 1.0, so that the answer comes in one piece and ends with the connection.
pub fn send(namespace: &Namespace, method: &str, path: &str, body: &str) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", namespace.proxy())).unwrap();
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.0\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    connection
}

/// The status and the body of the answer.
pub fn answer(mut connection: TcpStream) -> (u16, Value) {
    let mut text = String::new();
    connection.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
}

/// Creates a cluster.
pub fn create(namespace: &Namespace, cluster: &Value) -> (u16, Value) {
    answer(send(namespace, "POST", &namespace.path(), &cluster.to_string()))
}

/// Creates so many clusters, a few at once.
pub fn create_many(namespace: &Namespace, count: usize, cluster: impl Fn(usize) -> Value + Sync) {
    const CLIENTS: usize = 4;
    thread::scope(|scope| {
        for first in 0..CLIENTS {
            let cluster = &cluster;
            scope.spawn(move || {
                for index in (first..count).step_by(CLIENTS) {
                    let (status, said) = create(namespace, &cluster(index));
                    assert_eq!(status, 201, "a cluster was to be stored: {said}");
                }
            });
        }
    });
}

/// Asks what a create would do.
pub fn dry_run(namespace: &Namespace, cluster: &Value) -> (u16, Value) {
    let path = format!("{}?dryRun=All", namespace.path());
    answer(send(namespace, "POST", &path, &cluster.to_string()))
}
