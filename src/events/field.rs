//! [`Field`]: a member of an event, which may be missing, `null` or not what it should be.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt::Display;

use crate::error::{Error, Result};
use crate::json::{self, FromJson, Reader, ToJson, Writer};

/// A member of an event. That it is missing, `null` or of an odd shape is no error until a handler
/// asks for it, so that one member never spoils an event whose others are fine.
///
/// ```
/// use tiny_lambda::events::sqs::SqsEvent;
/// use tiny_lambda::json;
///
/// let event: SqsEvent = json::parse(br#"{"Records": [{"messageId": 7, "body": "hi"}]}"#)?;
/// let message = &event.records.get()?[0];
/// assert_eq!(message.body.get()?, "hi");
/// assert_eq!(message.md5_of_body.ok(), None);
/// assert_eq!(
///     message.message_id.get().unwrap_err().error_message(),
///     "SqsMessage.messageId: expected a string, found a number at $.Records[0].messageId \
///      (offset 27, line 1, column 28): 7"
/// );
/// assert_eq!(
///     message.md5_of_body.get().unwrap_err().error_message(),
///     "SqsMessage.md5OfBody is missing"
/// );
/// // Written again, it is as it was.
/// assert_eq!(json::to_vec(message), br#"{"messageId":7,"body":"hi"}"#);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Field<T>(State<T>);

#[derive(Debug, Clone, PartialEq)]
enum State<T> {
    Is(T),
    IsNot(Other),
}

/// What stands where a value should.
#[derive(Debug, Clone)]
pub(super) enum Other {
    /// Not read from anywhere.
    Unset,
    /// The names of type and member.
    Missing(&'static str),
    Null(&'static str),
    Odd(Box<Odd>),
}

#[derive(Debug, Clone)]
pub(super) struct Odd {
    name: &'static str,
    json: String,
    error: json::Error,
}

/// Equal if they are written alike, so that a response equals what is read from its JSON.
impl PartialEq for Other {
    fn eq(&self, other: &Other) -> bool {
        match (self, other) {
            (Other::Unset | Other::Missing(_), Other::Unset | Other::Missing(_))
            | (Other::Null(_), Other::Null(_)) => true,
            (Other::Odd(odd), Other::Odd(other)) => odd.json == other.json,
            _ => false,
        }
    }
}

impl<T> Field<T> {
    /// Its value.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if it is missing, `null` or not a `T`: which of them, of which type,
    /// where it stands and what is there.
    #[track_caller]
    pub fn get(&self) -> Result<&T> {
        match &self.0 {
            State::Is(value) => Ok(value),
            State::IsNot(other) => Err(other.error()),
        }
    }

    /// Its value, without a copy.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn take(self) -> Result<T> {
        match self.0 {
            State::Is(value) => Ok(value),
            State::IsNot(other) => Err(other.error()),
        }
    }

    /// Its value, if it has one.
    pub fn ok(&self) -> Option<&T> {
        match &self.0 {
            State::Is(value) => Some(value),
            State::IsNot(_) => None,
        }
    }

    /// Whether there is no such member, or `null`.
    pub fn is_absent(&self) -> bool {
        matches!(
            self.0,
            State::IsNot(Other::Unset | Other::Missing(_) | Other::Null(_))
        )
    }
}

impl Other {
    #[track_caller]
    fn error(&self) -> Error {
        let (name, problem) = match self {
            Other::Unset => ("a member", " is missing"),
            Other::Missing(name) => (*name, " is missing"),
            Other::Null(name) => (*name, " is null"),
            Other::Odd(odd) => {
                return Error::unmarshal(odd.name, &odd.error, odd.json.as_bytes());
            }
        };
        unmarshal_error(name, problem)
    }

    /// Writes what stood there, if anything did.
    fn write(&self, name: &str, w: &mut Writer) {
        match self {
            Other::Unset | Other::Missing(_) => {}
            Other::Null(_) => w.member(name, &()),
            Other::Odd(odd) => {
                w.name(name);
                w.raw(&odd.json);
            }
        }
    }
}

/// JSON within a value, maybe behind a byte order mark.
#[track_caller]
pub(super) fn parsed<T: FromJson>(name: &str, text: &[u8]) -> Result<T> {
    checked(name, text, json::parse_after_bom(text))
}

/// Says in an error which value was read from `text`.
#[track_caller]
pub(super) fn checked<T>(name: &str, text: &[u8], read: Result<T, json::Error>) -> Result<T> {
    match read {
        Ok(value) => Ok(value),
        Err(error) => {
            let there = text.get(error.offset()..).unwrap_or_default();
            Err(Error::unmarshal(name, &error, there))
        }
    }
}

#[track_caller]
pub(super) fn unmarshal_error(name: &str, problem: impl Display) -> Error {
    Error::new(Error::UNMARSHAL, format_args!("{name}{problem}"))
}

/// Missing.
impl<T> Default for Field<T> {
    fn default() -> Field<T> {
        Field(State::IsNot(Other::Unset))
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Field<T> {
        Field(State::Is(value))
    }
}

impl From<&str> for Field<String> {
    fn from(value: &str) -> Field<String> {
        Field(State::Is(value.into()))
    }
}

/// How a struct's fields are read, whatever their types.
pub(super) trait ReadField {
    /// Takes the value that comes next.
    fn read(&mut self, r: &mut Reader<'_>) -> Result<(), json::Error>;
    /// Notes that it was none.
    fn set(&mut self, other: Other);
}

impl<T: FromJson> ReadField for Field<T> {
    fn read(&mut self, r: &mut Reader<'_>) -> Result<(), json::Error> {
        self.0 = State::Is(T::from_json(r)?);
        Ok(())
    }

    fn set(&mut self, other: Other) {
        self.0 = State::IsNot(other);
    }
}

/// Reads a member's value, whatever it is.
fn read_field(
    field: &mut dyn ReadField,
    name: &'static str,
    r: &mut Reader<'_>,
) -> Result<(), json::Error> {
    if r.null_if_next() {
        field.set(Other::Null(name));
        return Ok(());
    }
    if let Err(error) = r.attempt(|r| field.read(r)) {
        // If it is not even JSON, that is an error of the whole.
        let json = String::from(r.raw()?);
        field.set(Other::Odd(Box::new(Odd { name, json, error })));
    }
    Ok(())
}

/// How a struct's fields are written, whatever their types.
pub(super) trait WriteField {
    fn write(&self, name: &str, w: &mut Writer);
}

impl<T: ToJson> WriteField for Field<T> {
    fn write(&self, name: &str, w: &mut Writer) {
        match &self.0 {
            State::Is(value) => w.member(name, value),
            State::IsNot(other) => other.write(name, w),
        }
    }
}

impl<T: FromJson> FromJson for Field<T> {
    fn from_json(r: &mut Reader<'_>) -> Result<Self, json::Error> {
        let mut field = Field::default();
        read_field(&mut field, "a value", r)?;
        Ok(field)
    }

    #[inline(always)]
    fn absent() -> Option<Self> {
        Some(Field::default())
    }
}

/// A missing one is `null`, where something must stand.
impl<T: ToJson> ToJson for Field<T> {
    fn to_json(&self, w: &mut Writer) {
        match &self.0 {
            State::Is(value) => value.to_json(w),
            State::IsNot(Other::Odd(odd)) => w.raw(&odd.json),
            State::IsNot(_) => w.null(),
        }
    }
}

/// Reads an object into `fields`, whose `names` begin with that of their type and a dot, `prefix_len`
/// bytes in all. `other_names` are members that have a second name: that name, and the first one. Of
/// members with one name the last wins; unknown ones are checked and skipped. In strings, an escape
/// for half of a surrogate pair becomes U+FFFD.
pub(super) fn read(
    r: &mut Reader<'_>,
    prefix_len: usize,
    names: &[&'static str],
    other_names: &[(&str, &str)],
    fields: &mut [&mut dyn ReadField],
) -> Result<(), json::Error> {
    for (name, field) in names.iter().zip(fields.iter_mut()) {
        field.set(Other::Missing(name));
    }
    r.attempt_replacing(true, |r| {
        r.begin_object()?;
        while let Some(member) = r.next_member()? {
            let other = other_names.iter().find(|other| other.0 == member);
            let member = other.map_or(&*member, |other| other.1);
            let mut places = names.iter().zip(fields.iter_mut());
            let place = places
                .find(|(name, _)| name.as_bytes().get(prefix_len..) == Some(member.as_bytes()));
            match place {
                Some((name, field)) => read_field(*field, name, r)?,
                None => r.skip()?,
            }
        }
        Ok(())
    })
}

/// Writes an object.
pub(super) fn write(
    w: &mut Writer,
    prefix_len: usize,
    names: &[&'static str],
    fields: &[&dyn WriteField],
) {
    w.begin_object();
    for (name, field) in names.iter().zip(fields) {
        field.write(name.get(prefix_len..).unwrap_or_default(), w);
    }
    w.end_object();
}

/// Structs whose members may each be missing, `null` or odd: the events. `as` gives a name in JSON
/// where it differs, and is part of the member's documentation; `or` gives a second name that is
/// read too.
macro_rules! event {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident {$(
            $(#[$field_attribute:meta])*
            $field:ident : $type:ty $(as $json_name:literal $(or $other_name:literal)?)?
        ),* $(,)?}
    )*) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Default)]
        #[non_exhaustive]
        pub struct $name {$(
            $(#[$field_attribute])*
            #[doc = concat!("\n\n`", $crate::events::field::event!(@name $field $($json_name)?), "`")]
            pub $field: $crate::events::Field<$type>,
        )*}

        impl $name {
            const PREFIX_LEN: usize = stringify!($name).len() + 1;
            const NAMES: &'static [&'static str] = &[$(
                concat!(stringify!($name), ".", $crate::events::field::event!(@name $field $($json_name)?)),
            )*];
            const OTHER_NAMES: &'static [(&'static str, &'static str)] =
                &[$($($(($other_name, $json_name),)?)?)*];
        }

        impl $crate::json::FromJson for $name {
            fn kind() -> ::core::option::Option<&'static str> {
                ::core::option::Option::Some(::core::stringify!($name))
            }

            fn from_json(
                r: &mut $crate::json::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::json::Error> {
                #[allow(unused_mut, reason = "a type without members")]
                let mut event = $name::default();
                let fields: &mut [&mut dyn $crate::events::field::ReadField] =
                    &mut [$(&mut event.$field),*];
                $crate::events::field::read(
                    r,
                    $name::PREFIX_LEN,
                    $name::NAMES,
                    $name::OTHER_NAMES,
                    fields,
                )?;
                Ok(event)
            }
        }

        impl $crate::json::ToJson for $name {
            fn to_json(&self, w: &mut $crate::json::Writer) {
                let fields: &[&dyn $crate::events::field::WriteField] = &[$(&self.$field),*];
                $crate::events::field::write(w, $name::PREFIX_LEN, $name::NAMES, fields);
            }
        }
    )*};

    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $json_name:literal) => { $json_name };
}
pub(super) use event;
