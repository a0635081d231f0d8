// SPDX-License-Identifier: MIT
//! Reports of the library: flat JSON objects.
use crate::{errno, text::text_of, Error, Result};
use std::{fmt, iter::Peekable, os::raw::c_char, str::Chars};

/// A value of a [`Report`]. It prints as JSON without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Not known, or it does not apply.
    Null,
    /// `true` or `false`.
    Truth(bool),
    /// A number; of the numbers in reports all are whole.
    Number(i128),
    /// Text.
    Text(String),
    /// An array.
    List(Vec<Value>),
}

/// A report as it came from the library, in its order: also the facts that a newer library adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pairs: Vec<(String, Value)>,
}

impl Report {
    /// The report that a function writes as snprintf (3) does.
    pub(crate) fn from(write: impl Fn(*mut c_char, u64) -> i64) -> Result<Report> {
        let text = String::from_utf8_lossy(&text_of(write)?).into_owned();
        Report::parse(&text).ok_or_else(|| {
            Error::new(errno::EBADMSG, format!("the report is not flat JSON: {}", text))
        })
    }

    fn parse(text: &str) -> Option<Report> {
        let mut letters = text.chars().peekable();
        let mut pairs = Vec::new();
        expect(&mut letters, '{')?;
        if letters.peek() != Some(&'}') {
            loop {
                let key = string(&mut letters)?;
                expect(&mut letters, ':')?;
                pairs.push((key, value(&mut letters)?));
                if letters.peek() != Some(&',') {
                    break;
                }
                letters.next();
            }
        }
        expect(&mut letters, '}')?;
        letters.next().is_none().then_some(Report { pairs })
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// All keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The number of a key, `None` if it is null or does not fit.
    pub(crate) fn number<N: TryFrom<i128>>(&self, key: &str) -> Option<N> {
        self.get(key).and_then(Value::number)
    }

    pub(crate) fn truth(&self, key: &str) -> Option<bool> {
        match self.get(key) {
            Some(Value::Truth(truth)) => Some(*truth),
            _ => None,
        }
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.get(key) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    pub(crate) fn list(&self, key: &str) -> Option<&[Value]> {
        match self.get(key) {
            Some(Value::List(list)) => Some(list),
            _ => None,
        }
    }
}

impl Value {
    /// The number, `None` if it is none or does not fit.
    pub(crate) fn number<N: TryFrom<i128>>(&self) -> Option<N> {
        match self {
            Value::Number(number) => N::try_from(*number).ok(),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Truth(truth) => write!(f, "{}", truth),
            Value::Number(number) => write!(f, "{}", number),
            Value::Text(text) => {
                f.write_str("\"")?;
                for letter in text.chars() {
                    match letter {
                        '"' | '\\' => write!(f, "\\{}", letter)?,
                        letter if letter < ' ' => write!(f, "\\u{:04x}", letter as u32)?,
                        letter => write!(f, "{}", letter)?,
                    }
                }
                f.write_str("\"")
            }
            Value::List(list) => {
                f.write_str("[")?;
                for (i, value) in list.iter().enumerate() {
                    write!(f, "{}{}", if i == 0 { "" } else { "," }, value)?;
                }
                f.write_str("]")
            }
        }
    }
}

type Letters<'a> = Peekable<Chars<'a>>;

fn skip_spaces(letters: &mut Letters<'_>) {
    while letters.next_if(|letter| letter.is_ascii_whitespace()).is_some() {}
}

/// One letter, with spaces before and after it.
fn expect(letters: &mut Letters<'_>, wanted: char) -> Option<()> {
    skip_spaces(letters);
    letters.next_if_eq(&wanted)?;
    skip_spaces(letters);
    Some(())
}

fn value(letters: &mut Letters<'_>) -> Option<Value> {
    let found = match letters.peek()? {
        '"' => Value::Text(string(letters)?),
        '[' => list(letters)?,
        _ => {
            let mut word = String::new();
            while let Some(letter) = letters.next_if(|c| c.is_ascii_alphanumeric() || *c == '-') {
                word.push(letter);
            }
            match word.as_str() {
                "null" => Value::Null,
                "true" => Value::Truth(true),
                "false" => Value::Truth(false),
                number => Value::Number(number.parse().ok()?),
            }
        }
    };
    skip_spaces(letters);
    Some(found)
}

fn list(letters: &mut Letters<'_>) -> Option<Value> {
    let mut values = Vec::new();
    expect(letters, '[')?;
    if letters.next_if_eq(&']').is_some() {
        return Some(Value::List(values));
    }
    loop {
        match letters.peek()? {
            '[' | '{' => return None, // a flat object has no list of lists
            _ => values.push(value(letters)?),
        }
        match letters.next()? {
            ',' => skip_spaces(letters),
            ']' => return Some(Value::List(values)),
            _ => return None,
        }
    }
}

fn string(letters: &mut Letters<'_>) -> Option<String> {
    let mut text = String::new();
    letters.next_if_eq(&'"')?;
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.push(match letters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => escaped(letters)?,
                letter @ ('"' | '\\' | '/') => letter,
                _ => return None,
            }),
            letter => text.push(letter),
        }
    }
}

/// The letter of one \uXXXX, or of two that are a surrogate pair.
fn escaped(letters: &mut Letters<'_>) -> Option<char> {
    let first = hex(letters)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    letters.next_if_eq(&'\\')?;
    letters.next_if_eq(&'u')?;
    let second = hex(letters)?.checked_sub(0xdc00).filter(|second| *second < 0x400)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
}

fn hex(letters: &mut Letters<'_>) -> Option<u32> {
    (0..4).try_fold(0, |number, _| Some(number << 4 | letters.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_values_are_read_and_written() {
        let text = concat!(
            r#"{"a":null,"b":true,"c":18446744073709551615,"d":"x\"\\\u0001\u00e9\ud83d\ude00/","#,
            r#""e":[1,-2],"f":[],"g":["p","q"]}"#
        );
        let report = Report::parse(text).unwrap();
        assert_eq!(report.number::<u64>("c"), Some(u64::MAX));
        assert_eq!(report.number::<u32>("c"), None);
        assert_eq!(report.text("d").as_deref(), Some("x\"\\\u{1}é😀/"));
        assert_eq!(report.truth("b"), Some(true));
        assert_eq!(report.list("e"), Some(&[Value::Number(1), Value::Number(-2)][..]));
        let written: Vec<String> = report.iter().map(|(k, v)| format!("{}={}", k, v)).collect();
        let wanted = "a=null b=true c=18446744073709551615 d=\"x\\\"\\\\\\u0001é😀/\" e=[1,-2] f=[] g=[\"p\",\"q\"]";
        assert_eq!(written.join(" "), wanted);
        assert!(Report::parse(" { \"a\" : [ 1 , 2 ] } ").is_some());
        assert_eq!(Report::parse("{}"), Some(Report::default()));
    }

    #[test]
    fn broken_text_is_refused() {
        for text in [
            "",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1}x",
            "{\"a\":[1}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\ud800x\"}",
            "{\"a\":[[1]]}",
            "{\"a\":1.5}",
            "{\"a\":{}}",
        ] {
            assert_eq!(Report::parse(text), None, "{}", text);
        }
    }
}
