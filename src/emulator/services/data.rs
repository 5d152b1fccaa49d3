//! What the local Parameter Store, Secrets Manager and AppConfig hold, and the options that fill them.

use std::fmt;
use std::fs;

use crate::json::{self, Value};

/// Parameters, secrets and configurations. A name that occurs more than once has as many versions; the last one
/// is the current one.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ServiceData {
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) secrets: Vec<(String, Vec<u8>)>,
    pub(crate) configurations: Vec<(ProfileId, Vec<u8>)>,
}

/// The application, environment and profile of a configuration.
pub(crate) type ProfileId = [String; 3];

/// Shows names only: the values may be secret.
impl fmt::Debug for ServiceData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn names<N, V>(entries: &[(N, V)]) -> Vec<&N> {
            entries.iter().map(|(name, _)| name).collect()
        }
        f.debug_struct("ServiceData")
            .field("parameters", &names(&self.parameters))
            .field("secrets", &names(&self.secrets))
            .field("configurations", &names(&self.configurations))
            .finish()
    }
}

impl ServiceData {
    /// Adds what an option of the command line sets. The error does not contain a value.
    pub(crate) fn add_option(&mut self, option: &str, argument: &str) -> Result<(), String> {
        let forms = match option {
            "--parameter" => "NAME=VALUE",
            "--secret" => "NAME=VALUE or NAME=@FILE",
            _ => "APP/ENV/PROFILE=@FILE or APP/ENV/PROFILE=TEXT",
        };
        // What has no `=` may be a secret whose name was forgotten, so the messages do not repeat it.
        let Some((name, value)) = argument.split_once('=') else {
            return Err(format!("{option}: expected {forms}, found no ="));
        };
        if name.is_empty() {
            return Err(format!("{option}: expected {forms}, found an empty name"));
        }
        let content = || match value.strip_prefix('@') {
            Some(path) => fs::read(path)
                .map_err(|error| format!("{option} {name}: cannot read {path}: {error}")),
            None => Ok(value.as_bytes().to_vec()),
        };
        match option {
            "--parameter" => self.parameters.push((name.to_owned(), value.to_owned())),
            "--secret" => self.secrets.push((name.to_owned(), content()?)),
            _ => {
                let parts: Vec<String> = name.split('/').map(str::to_owned).collect();
                let id = ProfileId::try_from(parts).ok();
                let id = id.filter(|id| id.iter().all(|part| !part.is_empty()));
                let id = id.ok_or_else(|| format!("{option} {name}: expected {forms}"))?;
                self.configurations.push((id, content()?));
            }
        }
        Ok(())
    }

    /// Adds versions that are current from now on.
    pub(crate) fn extend(&mut self, newer: ServiceData) {
        self.parameters.extend(newer.parameters);
        self.secrets.extend(newer.secrets);
        self.configurations.extend(newer.configurations);
    }
}

/// Returns the versions of the entry `name`, the oldest first.
pub(crate) fn versions<'d, N: PartialEq, V>(entries: &'d [(N, V)], name: &N) -> Vec<&'d V> {
    let found = entries.iter().filter(|(it, _)| it == name);
    found.map(|(_, value)| value).collect()
}

/// The bytes of a secret or of a configuration in a test: from bytes, text, or a JSON [`Value`].
///
/// ```
/// use tiny_lambda::emulator::Content;
/// use tiny_lambda::json;
///
/// assert_eq!(Content::from(json!({ "a": 1 })), Content::from(r#"{"a":1}"#));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub(crate) Vec<u8>);

/// Shows the length only: the bytes may be secret.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

macro_rules! impl_from {
    ($($type:ty, $content:ident => $bytes:expr;)*) => {$(
        impl From<$type> for Content {
            fn from($content: $type) -> Content {
                Content($bytes)
            }
        }
    )*};
}

impl_from! {
    Vec<u8>, content => content;
    &[u8], content => content.to_vec();
    String, content => content.into_bytes();
    &str, content => content.as_bytes().to_vec();
    Value, content => json::to_vec(&content);
    &Value, content => json::to_vec(content);
}

impl<const N: usize> From<&[u8; N]> for Content {
    fn from(content: &[u8; N]) -> Content {
        Content(content.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn added(options: &[(&str, &str)]) -> Result<ServiceData, String> {
        let mut data = ServiceData::default();
        for (option, argument) in options {
            data.add_option(option, argument)?;
        }
        Ok(data)
    }

    #[test]
    fn options_name_a_value_or_a_file() {
        let data = added(&[
            ("--parameter", "/db/url=a=b"),
            ("--parameter", "p=@x"),
            ("--parameter", "empty="),
            ("--secret", "s=x=@y"),
            ("--secret", "file=@Cargo.toml"),
            ("--configuration", "a/e/p={\"a\":\"=\"}"),
            ("--configuration", "a b/e/p=@Cargo.toml"),
        ])
        .unwrap();
        let file = fs::read("Cargo.toml").unwrap();
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let want = [text("/db/url", "a=b"), text("p", "@x"), text("empty", "")];
        assert_eq!(data.parameters, want);
        let bytes = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        assert_eq!(data.secrets, [bytes("s", b"x=@y"), bytes("file", &file)]);
        let id = |application: &str| [application, "e", "p"].map(str::to_owned);
        let want = [(id("a"), b"{\"a\":\"=\"}".to_vec()), (id("a b"), file)];
        assert_eq!(data.configurations, want);
    }

    #[test]
    fn wrong_options_are_errors_without_the_value() {
        #[track_caller]
        fn check(option: &str, argument: &str, want: &str) {
            let error = added(&[(option, argument)]).unwrap_err();
            assert!(error.starts_with(want), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        check(
            "--parameter",
            "hunter2",
            "--parameter: expected NAME=VALUE, found no =",
        );
        let want = "--parameter: expected NAME=VALUE, found an empty name";
        check("--parameter", "=hunter2", want);
        let want = "--secret: expected NAME=VALUE or NAME=@FILE, found no =";
        check("--secret", "hunter2", want);
        let want = "--secret: expected NAME=VALUE or NAME=@FILE, found an empty name";
        check("--secret", "=@hunter2", want);
        let want = "--secret db: cannot read no/such/file: ";
        check("--secret", "db=@no/such/file", want);
        check("--secret", "db=@", "--secret db: cannot read : ");
        check("--secret", "db=@src", "--secret db: cannot read src: ");
        for id in ["a", "a/e", "a/e/p/x", "a//p", "/e/p", "a/e/"] {
            let want = format!("--configuration {id}: expected APP/ENV/PROFILE=@FILE or ");
            check("--configuration", &format!("{id}=hunter2"), &want);
        }
        let want = "--configuration a/e/p: cannot read no/such/file: ";
        check("--configuration", "a/e/p=@no/such/file", want);
    }

    #[test]
    fn debug_shows_no_value() {
        let data = added(&[
            ("--parameter", "p=hunter2"),
            ("--secret", "s=hunter2"),
            ("--configuration", "a/e/c=hunter2"),
        ]);
        let text = format!("{data:?} {:?}", Content::from("hunter2"));
        assert!(
            text.contains("\"s\"") && !text.contains("hunter2"),
            "{text}"
        );
        // The bytes of a `Vec<u8>` would be shown as numbers.
        assert!(!text.contains("104"), "{text}");
    }
}
