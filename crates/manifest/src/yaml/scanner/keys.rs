//! What may still turn out to be a key.

use super::{Scanner, position::Position};
use crate::{SyntaxError, error};

/// A key may be this many characters long, as go-yaml has it.
const LONGEST_KEY: usize = 1024;

/// What has been read and may still turn out to be a key.
#[derive(Clone, Copy)]
pub(super) struct PossibleKey {
    /// It must be one: nothing else can stand at its indentation.
    pub is_required: bool,
    /// The number of its first token.
    pub token: usize,
    pub start: Position,
}

impl Scanner<'_> {
    /// Whether the next token is not yet known to be a key or none.
    pub(super) fn head_may_be_key(&mut self) -> Result<bool, SyntaxError> {
        let taken = self.taken;
        let is_head = |key: &Option<PossibleKey>| key.is_some_and(|key| key.token == taken);
        match self.keys.iter().position(is_head) {
            Some(level) => self.is_still_possible(level),
            None => Ok(false),
        }
    }

    /// A key ends on the line on which it begins, and is not too long.
    pub(super) fn is_still_possible(&mut self, level: usize) -> Result<bool, SyntaxError> {
        let Some(key) = self.keys.get(level).copied().flatten() else { return Ok(false) };
        let length = self.position.index() - key.start.index();
        if key.start.line == self.position.line && length <= LONGEST_KEY {
            return Ok(true);
        }
        self.drop_key(level)?;
        Ok(false)
    }

    pub(super) fn drop_key(&mut self, level: usize) -> Result<(), SyntaxError> {
        let key = self.keys.get_mut(level).and_then(Option::take);
        match key.filter(|key| key.is_required) {
            Some(key) => Err(self.error_from(key.start.at, error::NO_COLON)),
            None => Ok(()),
        }
    }

    /// What was read before is no key.
    pub(super) fn no_key(&mut self) -> Result<(), SyntaxError> {
        self.drop_key(self.keys.len() - 1)
    }

    /// What begins here may turn out to be a key.
    pub(super) fn perhaps_key(&mut self) -> Result<(), SyntaxError> {
        if !self.key_allowed {
            return Ok(());
        }
        self.no_key()?;
        let is_required = !self.in_brackets() && self.indent == Some(self.position.column());
        let key = PossibleKey { is_required, token: self.taken + self.queue.len(), start: self.position };
        if let Some(last) = self.keys.last_mut() {
            *last = Some(key);
        }
        Ok(())
    }
}
