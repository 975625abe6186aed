//! Where a value of JSON ends, found with no more looking than it takes to know that it is one.
//!
//! `None` everywhere means "not surely JSON", and leaves the question to `serde_json`.

use super::DEEPEST;

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// A text, and how far it has been read.
pub(super) struct Scanner<'a> {
    text: &'a str,
    /// The next byte.
    pub(super) at: usize,
    /// The block that was looked at last, and what was found there.
    block: usize,
    marks: u64,
}

/// A string as it is written.
pub(super) enum Quoted<'a> {
    /// What stands between the quotes is what it says.
    Plain(&'a str),
    /// It has escapes: all of it, with its quotes.
    Escaped(&'a str),
}

impl<'a> Scanner<'a> {
    /// A text that is to be read from its beginning.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0, block: usize::MAX, marks: 0 }
    }

    /// The next byte that is not white space; it is not passed.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Passes this byte, where it is the next one that is not white space.
    pub(super) fn pass(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Passes a word, which is next.
    pub(super) fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at..)?;
        rest.starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// Passes a string, whose opening quote is next.
    pub(super) fn string(&mut self) -> Option<Quoted<'a>> {
        let start = self.at;
        if self.skip_string()? {
            return Some(Quoted::Escaped(self.text.get(start..self.at)?));
        }
        Some(Quoted::Plain(self.text.get(start + 1..self.at - 1)?))
    }

    /// The same where nobody wants to see it; whether it has escapes.
    #[inline]
    fn skip_string(&mut self) -> Option<bool> {
        let at = self.at + 1;
        if at / BLOCK == self.block {
            // Most strings are plain, and end in the block in which they begin.
            let end = at + (self.marks >> (at % BLOCK)).trailing_zeros() as usize;
            if self.text.as_bytes().get(end) == Some(&b'"') && end / BLOCK == self.block {
                self.at = end + 1;
                return Some(false);
            }
        }
        self.skip_any_string()
    }

    #[inline(never)]
    fn skip_any_string(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        let mut has_escapes = false;
        loop {
            if at / BLOCK != self.block {
                self.look(at / BLOCK);
            }
            let marks = self.marks >> (at % BLOCK);
            if marks == 0 {
                at = (self.block + 1) * BLOCK;
                continue;
            }
            at += marks.trailing_zeros() as usize;
            let byte = *bytes.get(at)?;
            if byte == b'"' {
                self.at = at + 1;
                return Some(has_escapes);
            }
            // Else it is a control character.
            (byte == b'\\').then_some(())?;
            has_escapes = true;
            at += 1 + escape(bytes.get(at + 1..)?)?;
        }
    }

    /// Looks at a block; once for many strings, and not to be in the way of those. Behind the end of the text everything is
    /// marked, so that every search ends.
    #[inline(never)]
    fn look(&mut self, block: usize) {
        let rest = self.text.as_bytes().get(block * BLOCK..).unwrap_or_default();
        self.block = block;
        self.marks = if let Some(whole) = rest.first_chunk() {
            marks(whole)
        } else {
            let mut padded = [0; BLOCK];
            padded[..rest.len()].copy_from_slice(rest);
            marks(&padded)
        };
    }

    /// Passes a whole number, which is next, and is not followed by a fraction or an exponent.
    pub(super) fn integer(&mut self) -> Option<&'a str> {
        let (start, bytes) = (self.at, self.text.as_bytes());
        let digits = start + usize::from(bytes.get(start) == Some(&b'-'));
        let length = bytes.get(digits..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = digits + length;
        let is_plain = length == 1 || (length > 1 && bytes.get(digits) != Some(&b'0'));
        if !is_plain || matches!(bytes.get(end), Some(b'.' | b'e' | b'E')) {
            return None;
        }
        self.at = end;
        self.text.get(start..end)
    }

    /// Passes a value of any kind, however much is in it.
    pub(super) fn skip(&mut self) -> Option<()> {
        // What is open, the innermost in the lowest bit: 1 for an object, 0 for a list.
        let (mut open, mut depth) = (0_u64, 0_u32);
        loop {
            match self.peek()? {
                b'"' => drop(self.skip_string()?),
                start @ (b'{' | b'[') => {
                    self.at += 1;
                    let is_object = start == b'{';
                    if self.peek()? != if is_object { b'}' } else { b']' } {
                        depth += 1;
                        if depth > DEEPEST {
                            return None;
                        }
                        open = open << 1 | u64::from(is_object);
                        if is_object {
                            self.key()?;
                        }
                        continue;
                    }
                    self.at += 1;
                }
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => drop(self.integer()?),
            }
            // A value has ended, and with it perhaps what it is in.
            loop {
                if depth == 0 {
                    return Some(());
                }
                let is_object = open & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if is_object {
                            self.key()?;
                        }
                        break;
                    }
                    b'}' if is_object => {}
                    b']' if !is_object => {}
                    _ => return None,
                }
                self.at += 1;
                open >>= 1;
                depth -= 1;
            }
        }
    }

    fn key(&mut self) -> Option<()> {
        (self.peek()? == b'"').then_some(())?;
        self.skip_string()?;
        self.pass(b':')
    }
}

/// Multiplying by it brings the lowest bits of eight bytes together in the highest byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// Which bytes of a block can end a run of plain characters in a string: a quote, a backslash, a control character; a bit each, the
/// lowest for the first. Written so that a compiler makes vector instructions of it.
fn marks(block: &[u8; BLOCK]) -> u64 {
    let mut marked = [0; BLOCK];
    for (mark, byte) in marked.iter_mut().zip(block) {
        *mark = u8::from(*byte == b'"') | u8::from(*byte == b'\\') | u8::from(*byte < b' ');
    }
    let (words, _) = marked.as_chunks();
    let bits = words.iter().map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56);
    bits.rev().fold(0, |marks, bits| marks << 8 | bits)
}

/// How many bytes the escape has whose backslash is passed.
fn escape(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    if first == b'"' || matches!(first, b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') {
        return Some(1);
    }
    (first == b'u' && bytes.get(1..5)?.iter().all(u8::is_ascii_hexdigit)).then_some(5)
}
