//! Reads JSON (RFC 8259): the metadata that cargo prints, and events before they are sent.

/// The deepest nesting, so that no text exhausts the stack. The local Lambda allows less.
const DEPTH_MAX: usize = 512;

/// A value. Numbers keep no value, since nothing here reads one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool,
    Number,
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text that is one value.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Json, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|e| format!("expected UTF-8 at offset {}", e.valid_up_to()))?;
        let mut reader = Reader { text, pos: 0 };
        let value = reader.value(0)?;
        reader.skip_space();
        match reader.peek() {
            None => Ok(value),
            Some(_) => reader.expected("the end of the text"),
        }
    }

    /// Returns a member of an object.
    pub(crate) fn get(&self, name: &str) -> &Json {
        let Json::Object(members) = self else {
            return &Json::Null;
        };
        let member = members.iter().find(|member| member.0 == name);
        member.map_or(&Json::Null, |member| &member.1)
    }

    /// Returns the text of a string; of anything else, nothing.
    pub(crate) fn text(&self) -> &str {
        match self {
            Json::String(text) => text,
            _ => "",
        }
    }

    /// Returns the elements of an array; of anything else, none.
    pub(crate) fn elements(&self) -> &[Json] {
        match self {
            Json::Array(elements) => elements,
            _ => &[],
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    pos: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    /// Skips `token` if it is next.
    fn take(&mut self, token: &str) -> bool {
        let is_next = self.text.as_bytes()[self.pos..].starts_with(token.as_bytes());
        self.pos += if is_next { token.len() } else { 0 };
        is_next
    }

    fn expected<T>(&self, what: &str) -> Result<T, String> {
        let found = self
            .text
            .get(self.pos..)
            .and_then(|rest| rest.chars().next());
        let found = found.map_or("the end".into(), |c| format!("`{c}`"));
        Err(format!(
            "expected {what}, found {found} at offset {}",
            self.pos
        ))
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > DEPTH_MAX {
            return self.expected(&format!("at most {DEPTH_MAX} levels"));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                self.list("}", |reader| {
                    reader.skip_space();
                    let name = reader.string()?;
                    reader.skip_space();
                    if !reader.take(":") {
                        return reader.expected("`:`");
                    }
                    members.push((name, reader.value(depth + 1)?));
                    Ok(())
                })?;
                Ok(Json::Object(members))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                self.list("]", |reader| {
                    elements.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Json::Array(elements))
            }
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Json::Null),
            _ if self.take("true") || self.take("false") => Ok(Json::Bool),
            _ => self.expected("a value"),
        }
    }

    /// Reads what is between brackets: items with commas between them.
    fn list(
        &mut self,
        end: &str,
        mut item: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        self.pos += 1;
        self.skip_space();
        if self.take(end) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.skip_space();
            if self.take(end) {
                return Ok(());
            }
            if !self.take(",") {
                return self.expected(&format!("`,` or `{end}`"));
            }
        }
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.pos;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        if self.pos == start {
            return self.expected("a digit");
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, String> {
        self.take("-");
        if !self.take("0") {
            self.digits()?;
        }
        if self.take(".") {
            self.digits()?;
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
            self.digits()?;
        }
        Ok(Json::Number)
    }

    fn string(&mut self) -> Result<String, String> {
        if !self.take("\"") {
            return self.expected("`\"`");
        }
        let mut text = String::new();
        loop {
            let rest = self.text.split_at(self.pos).1;
            let plain = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\u{1f}'));
            let Some(len) = plain else {
                self.pos = self.text.len();
                return self.expected("`\"`");
            };
            text.push_str(rest.split_at(len).0);
            self.pos += len;
            if self.take("\"") {
                return Ok(text);
            }
            if !self.take("\\") {
                return self.expected("an escaped control character");
            }
            text.push(self.escaped()?);
        }
    }

    /// Reads the character after a backslash (RFC 8259, section 7).
    fn escaped(&mut self) -> Result<char, String> {
        let plain = [
            ("\"", '"'),
            ("\\", '\\'),
            ("/", '/'),
            ("b", '\u{8}'),
            ("f", '\u{c}'),
            ("n", '\n'),
            ("r", '\r'),
            ("t", '\t'),
        ];
        if let Some((_, c)) = plain.iter().find(|(token, _)| self.take(token)) {
            return Ok(*c);
        }
        if !self.take("u") {
            return self.expected("an escape");
        }
        let unit = self.hex()?;
        let after_first = self.pos;
        if (0xd800..0xdc00).contains(&unit) && self.take("\\u") {
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let c = 0x1_0000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.pos = after_first;
        }
        // A surrogate without the other one stands for no character.
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.text.as_bytes().get(self.pos..self.pos + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else {
            return self.expected("four hexadecimal digits");
        };
        self.pos += 4;
        let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0);
        Ok(digits.iter().fold(0, |unit, byte| unit << 4 | digit(byte)))
    }
}
