//! Why a call of the API server failed, in words for people.

use anyhow::Chain;
use thiserror::Error;

/// A call of the API server that failed: its own words where it answered, else what kept it from answering.
///
/// The client's error is no source of it: its words are here, but for those of the layers that the reason came through.
#[derive(Debug, Error)]
#[error("{}", in_words(.0))]
pub struct CallError(kube::Error);

impl From<kube::Error> for CallError {
    fn from(error: kube::Error) -> Self {
        Self(error)
    }
}

/// What a person is told of the error.
pub(crate) fn in_words(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error {
        return status.message.clone();
    }
    // The outer ones only name the layers of the client that the reason came through.
    let reason = Chain::new(error).last().map(ToString::to_string);
    format!("it does not answer ({})", reason.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn people_read_what_the_api_server_said_or_why_it_said_nothing() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let forbidden = "sgclusters.stackgres.io is forbidden: User \"app\" cannot list resource";
        for (error, words) in [
            (kube::Error::Api(Box::new(Status::failure(forbidden, "Forbidden"))), forbidden),
            (kube::Error::Service(Box::new(refused)), "it does not answer (connection refused)"),
            (kube::Error::TlsRequired, "it does not answer (TLS required but no TLS stack selected)"),
        ] {
            assert_eq!(CallError(error).to_string(), words);
        }
    }
}
