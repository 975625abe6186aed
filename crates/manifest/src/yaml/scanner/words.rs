//! Anchors, aliases and tags.

use std::borrow::Cow;

use super::{Kind, Scanner};
use crate::SyntaxError;

/// What `!!` stands for.
const YAML_TAGS: &str = "tag:yaml.org,2002:";
/// What a tag can hold beside the characters of a name.
const URI: &[u8] = b";/?:@&=+$,.!~*'()[]%";

impl<'t> Scanner<'t> {
    /// `&name` or `*name`.
    pub(super) fn anchor(&mut self) -> Result<(), SyntaxError> {
        self.perhaps_key()?;
        self.key_allowed = false;
        let is_alias = self.byte(0) == Some(b'*');
        let rest = self.rest();
        let length = 1 + rest.bytes().skip(1).take_while(|byte| is_name(*byte)).count();
        let ends = self.is_gap(length)
            || matches!(self.byte(length), Some(b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`'));
        if length == 1 || !ends {
            let problem =
                "an anchor or alias is letters, digits, `-` and `_`; quote the text if none is meant";
            return Err(self.error(length + 1, problem));
        }
        let name = rest.get(1..length).unwrap_or_default();
        self.push(if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) }, length);
        Ok(())
    }

    /// `!name`, `!!name` or `!<name>`.
    pub(super) fn tag(&mut self) -> Result<(), SyntaxError> {
        self.perhaps_key()?;
        self.key_allowed = false;
        let rest = self.rest();
        let uri = |from: usize| {
            let bytes = rest.bytes().skip(from);
            from + bytes.take_while(|byte| is_name(*byte) || URI.contains(byte)).count()
        };
        let written = |from: usize, to: usize| Cow::Borrowed(rest.get(from..to).unwrap_or_default());
        let (tag, length) = if rest.starts_with("!<") {
            let end = uri(2);
            let is_closed = end > 2 && self.byte(end) == Some(b'>');
            (written(2, end), if is_closed { end + 1 } else { 0 })
        } else if rest.starts_with("!!") {
            let end = uri(2);
            (Cow::Owned(format!("{YAML_TAGS}{}", written(2, end))), if end > 2 { end } else { 0 })
        } else {
            let name = rest.bytes().skip(1).take_while(|byte| is_name(*byte)).count();
            if self.byte(1 + name) == Some(b'!') {
                let problem = "a tag of this form needs a %TAG line, which kubectl does not read";
                return Err(self.error(name + 2, problem));
            }
            (written(0, uri(1)), uri(1))
        };
        if length == 0 || !self.is_gap(length) {
            return Err(self.bad_tag(length));
        }
        let tag = self.unescaped(tag, length)?;
        self.push(Kind::Tag(tag), length);
        Ok(())
    }

    fn bad_tag(&self, length: usize) -> SyntaxError {
        self.error(length + 1, "this is no tag; quote the text that begins with `!`")
    }

    /// `%41` in a tag is `A`.
    fn unescaped(&self, tag: Cow<'t, str>, length: usize) -> Result<Cow<'t, str>, SyntaxError> {
        if !tag.contains('%') {
            return Ok(tag);
        }
        let mut parts = tag.split('%');
        let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
        for part in parts {
            let code = part.get(..2).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
            bytes.push(code.ok_or_else(|| self.bad_tag(length))?);
            bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
        }
        String::from_utf8(bytes).map(Cow::Owned).map_err(|_| self.bad_tag(length))
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
