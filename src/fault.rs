//! A fault that lasts: told once, and told to be over.

/// The fault that was told last.
#[derive(Debug)]
pub struct LastingFault<F>(Option<F>);

impl<F> Default for LastingFault<F> {
    fn default() -> Self {
        Self(None)
    }
}

impl<F: PartialEq> LastingFault<F> {
    /// Whether a fault is another than the one that was told last, so that it has to be told.
    pub fn is_news(&mut self, fault: F) -> bool {
        let is_news = self.0.as_ref() != Some(&fault);
        self.0 = Some(fault);
        is_news
    }

    /// Whether a fault was told of what is in order now.
    pub fn is_over(&mut self) -> bool {
        self.0.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::LastingFault;

    #[test]
    fn a_fault_is_told_once_and_told_to_be_over_once() {
        let mut told = LastingFault::default();
        assert!(!told.is_over(), "nothing was wrong");
        assert!(told.is_news("refused"));
        assert!(!told.is_news("refused"), "the same again");
        assert!(told.is_news("timed out"), "another one");
        assert!(told.is_over());
        assert!(!told.is_over(), "told before");
        assert!(told.is_news("timed out"), "there was a good time between");
    }
}
