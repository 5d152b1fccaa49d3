//! [`Field`]: a member of an event, which may be missing, `null` or of an unexpected type.

use crate::encoding::lengths::text_after;
use core::fmt::{self, Debug, Display};
use core::mem;

use super::Map;
use crate::error::{Error, Result};
use crate::json::{self, FromJson, Reader, ToJson, Value, Writer};

/// A member of an event. If it is missing, `null` or of an unexpected type, that is an error only
/// when a handler asks for the value, so an unexpected member does not make the event unreadable.
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
/// // The message is written as it was read.
/// assert_eq!(json::to_vec(message), br#"{"messageId":7,"body":"hi"}"#);
/// // `Debug` shows the JSON as it was read, without the members that are missing.
/// assert_eq!(format!("{message:?}"), r#"{"messageId": 7, "body": "hi"}"#);
/// # Ok::<(), tiny_lambda::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Field<T>(Result<T, NoValue>);

/// Why a field has no value. Names are those of type and member, as in `SqsMessage.body`.
#[derive(Debug, Clone)]
pub(super) enum NoValue {
    /// The field was not read from JSON.
    Unset,
    /// The member was missing.
    Missing(&'static str),
    /// The member was `null`.
    Null(&'static str),
    /// The member was of an unexpected type.
    Invalid(Box<Invalid>),
}

/// A member of an unexpected type: its JSON, and the error of the reader.
#[derive(Debug, Clone)]
pub(super) struct Invalid {
    name: &'static str,
    json: String,
    error: json::Error,
}

/// Fields are equal if the same JSON is written for them, so that a response equals the one that is
/// read from its JSON.
impl PartialEq for NoValue {
    fn eq(&self, other: &NoValue) -> bool {
        match (self, other) {
            (NoValue::Null(_), NoValue::Null(_)) => true,
            (NoValue::Invalid(invalid), NoValue::Invalid(other)) => invalid.json == other.json,
            _ => self.is_missing() && other.is_missing(),
        }
    }
}

impl<T> Field<T> {
    /// Returns the value.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// assert_eq!(*Field::from(7).get()?, 7);
    /// assert!(Field::<u8>::default().get().is_err());
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` if the member is missing, `null` or not a `T`. The message names
    /// the type and the member, what was found, and where.
    #[track_caller]
    pub fn get(&self) -> Result<&T> {
        match &self.0 {
            Ok(value) => Ok(value),
            Err(reason) => Err(reason.error()),
        }
    }

    /// Does the same as [`get`](Self::get) for a member of an element of an array, whose place all errors name.
    /// `array` is its path, such as `$.Records`.
    #[track_caller]
    pub(super) fn get_in(&self, array: &str, index: usize) -> Result<&T> {
        match &self.0 {
            Ok(value) => Ok(value),
            // The error of the reader has the place already.
            Err(reason @ NoValue::Invalid(_)) => Err(reason.error()),
            Err(reason) => Err(reason.error().at_element(array, index)),
        }
    }

    /// Returns the value to change it.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// let mut groups = Field::from(vec!["staff"]);
    /// groups.get_mut()?.push("admins");
    /// assert_eq!(groups.get()?, &["staff", "admins"]);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    #[track_caller]
    pub fn get_mut(&mut self) -> Result<&mut T> {
        match &mut self.0 {
            Ok(value) => Ok(value),
            Err(reason) => Err(reason.error()),
        }
    }

    /// Sets the value: a `T`, an `Option<T>`, or another field. A `&str` sets a `String`. `None`
    /// makes the member missing, so that it is not written.
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsCustomMessageResponse;
    /// use tiny_lambda::json;
    ///
    /// let mut response = CognitoEventUserPoolsCustomMessageResponse::default();
    /// response.email_subject.set("Welcome");
    /// response.sms_message.set(None);
    /// assert_eq!(json::to_vec(&response), br#"{"emailSubject":"Welcome"}"#);
    /// ```
    pub fn set(&mut self, value: impl Into<Field<T>>) {
        *self = value.into();
    }

    /// Returns the value and makes the member missing. `None` if it is missing, `null` or not a `T`.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// let mut field = Field::from(7);
    /// assert_eq!((field.take(), field.take()), (Some(7), None));
    /// ```
    pub fn take(&mut self) -> Option<T> {
        mem::take(self).0.ok()
    }

    /// Returns the value to change it. If the member is missing, `null` or not a `T`, the value is
    /// first set to that of `value`.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// let mut field = Field::default();
    /// *field.get_or_insert_with(|| 6) += 1;
    /// assert_eq!(field.get()?, &7);
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    pub fn get_or_insert_with(&mut self, value: impl FnOnce() -> T) -> &mut T {
        // `unwrap` would link a panic.
        let mut value = Some(value);
        loop {
            match self.0 {
                Ok(ref mut value) => return value,
                Err(_) => self.0 = value.take().map(|value| value()).ok_or(NoValue::Unset),
            }
        }
    }

    /// Returns the value to change it. If the member is missing, `null` or not a `T`, the value is
    /// first set to the default of `T`.
    ///
    /// ```
    /// use tiny_lambda::events::cognito::CognitoEventUserPoolsPreTokenGen;
    /// use tiny_lambda::json;
    ///
    /// let mut event = CognitoEventUserPoolsPreTokenGen::default();
    /// let details = event.response_mut().claims_override_details.get_or_insert_default();
    /// details.claims_to_suppress.set(vec!["email".to_owned()]);
    /// assert_eq!(
    ///     json::to_vec(&event),
    ///     br#"{"response":{"claimsOverrideDetails":{"claimsToSuppress":["email"]}}}"#
    /// );
    /// ```
    pub fn get_or_insert_default(&mut self) -> &mut T
    where
        T: Default,
    {
        self.get_or_insert_with(T::default)
    }

    /// Returns the value without copying it.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// let name: Field<String> = "Ada".into();
    /// assert_eq!(name.into_inner()?, "Ada");
    /// # Ok::<(), tiny_lambda::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    #[track_caller]
    pub fn into_inner(self) -> Result<T> {
        match self.0 {
            Ok(value) => Ok(value),
            Err(reason) => Err(reason.error()),
        }
    }

    /// Returns the value; `None` if the member is missing, `null` or not a `T`.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// assert_eq!(Field::from(7).ok(), Some(&7));
    /// assert_eq!(Field::<u8>::default().ok(), None);
    /// ```
    pub fn ok(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }

    /// Returns whether the member is missing or `null`.
    ///
    /// ```
    /// use tiny_lambda::events::Field;
    ///
    /// assert!(Field::<u8>::default().is_absent());
    /// assert!(!Field::from(7).is_absent());
    /// ```
    pub fn is_absent(&self) -> bool {
        self.is_missing() || matches!(self.0, Err(NoValue::Null(_)))
    }

    fn is_missing(&self) -> bool {
        self.0.as_ref().is_err_and(NoValue::is_missing)
    }
}

impl<T: Debug> Field<T> {
    /// Returns the field for `Debug`, unless the member is missing.
    pub(super) fn to_show(&self) -> Option<&dyn Debug> {
        (!self.is_missing()).then_some(self)
    }
}

impl NoValue {
    fn is_missing(&self) -> bool {
        matches!(self, NoValue::Unset | NoValue::Missing(_))
    }

    #[track_caller]
    fn error(&self) -> Error {
        match self {
            NoValue::Unset => unmarshal_error("a member", " is missing"),
            NoValue::Missing(name) => unmarshal_error(name, " is missing"),
            NoValue::Null(name) => unmarshal_error(name, " is null"),
            NoValue::Invalid(invalid) => {
                Error::unmarshal(invalid.name, &invalid.error, invalid.json.as_bytes())
            }
        }
    }
}

/// Parses JSON that a value holds, which may start with a byte order mark. `name` is that of the
/// value in errors.
#[track_caller]
pub(super) fn parse_json<T: FromJson>(name: &str, text: &[u8]) -> Result<T> {
    match json::parse_after_bom(text) {
        Ok(value) => Ok(value),
        Err(error) => Err(read_error(name, text, &error)),
    }
}

/// Adds the name of the value that was read from `text` to an error, and the text at the error's
/// offset.
#[track_caller]
pub(super) fn read_error(name: &str, text: &[u8], error: &json::Error) -> Error {
    // A `FromJson` may return the error of another text.
    let found = text.get(error.offset()..).unwrap_or_default();
    Error::unmarshal(name, error, found)
}

/// Returns an error about the value `name`.
#[track_caller]
pub(super) fn unmarshal_error(name: &str, problem: impl Display) -> Error {
    Error::new(Error::UNMARSHAL, format_args!("{name}{problem}"))
}

/// A member that is missing.
impl<T> Default for Field<T> {
    fn default() -> Field<T> {
        Field(Err(NoValue::Unset))
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Field<T> {
        Field(Ok(value))
    }
}

/// `None` is a member that is missing.
impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Field<T> {
        value.map_or_else(Field::default, Field::from)
    }
}

impl From<&str> for Field<String> {
    fn from(value: &str) -> Field<String> {
        Field(Ok(value.into()))
    }
}

/// Shows the value, or the JSON that is not a `T`, or `missing`.
impl<T: Debug> Debug for Field<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(value) => value.fmt(f),
            Err(NoValue::Unset | NoValue::Missing(_)) => f.write_str("missing"),
            Err(NoValue::Null(_)) => f.write_str("null"),
            Err(NoValue::Invalid(invalid)) => f.write_str(&invalid.json),
        }
    }
}

/// Methods of the values that fields hold. A call is a compile error that says to call `get` first.
#[allow(
    missing_docs,
    clippy::should_implement_trait,
    reason = "they cannot be called"
)]
impl<T> Field<T> {
    #[doc(hidden)]
    pub fn iter<'f>(&'f self) -> <&'f T as IntoIterator>::IntoIter
    where
        T: CallGetFirst,
        &'f T: IntoIterator,
    {
        T::never()
    }

    #[doc(hidden)]
    pub fn iter_mut<'f>(&'f mut self) -> <&'f mut T as IntoIterator>::IntoIter
    where
        T: CallGetFirst,
        &'f mut T: IntoIterator,
    {
        T::never()
    }

    #[doc(hidden)]
    pub fn into_iter(self) -> T::IntoIter
    where
        T: IntoIterator + CallGetFirst,
    {
        T::never()
    }

    #[doc(hidden)]
    pub fn len(&self) -> usize
    where
        T: CallGetForLen,
    {
        T::never()
    }

    #[doc(hidden)]
    pub fn is_empty(&self) -> bool
    where
        T: CallGetForLen,
    {
        T::never()
    }
}

/// Never implemented. Its diagnostic is the error for the length of a field.
#[diagnostic::on_unimplemented(
    message = "a `Field` has no length, since its member may be missing",
    label = "call `.get()?` first, or `.ok()`"
)]
pub trait CallGetForLen {
    fn never<I>() -> I;
}

/// Never implemented. Its diagnostic is the error for a loop over a field.
#[diagnostic::on_unimplemented(
    message = "a `Field` cannot be iterated, since its member may be missing",
    label = "call `.get()?` first, or `.ok()`",
    note = "`for record in event.records.get()?` returns an error if the member is missing"
)]
pub trait CallGetFirst {
    fn never<I>() -> I;
}

// The compiler reports the condition `T: CallGetFirst`. It would not do so for a condition on the field itself,
// nor for an impl of `IntoIterator`, since std has another one for all iterators.
#[doc(hidden)]
impl<T: IntoIterator + CallGetFirst> Iterator for Field<T> {
    type Item = T::Item;

    fn next(&mut self) -> Option<T::Item> {
        None
    }
}

#[doc(hidden)]
#[expect(clippy::copy_iterator, reason = "it never holds")]
impl<'f, T: CallGetFirst> Iterator for &'f Field<T>
where
    &'f T: IntoIterator,
{
    type Item = <&'f T as IntoIterator>::Item;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

/// Reads a field whose type the caller does not know.
pub(super) trait ReadField {
    /// Reads the next value into the field. `name` is that of the member, as in `SqsMessage.body`.
    fn read(&mut self, name: &'static str, r: &mut Reader<'_>) -> Result<(), json::Error>;
    /// Sets why the field has no value.
    fn set_no_value(&mut self, reason: NoValue);
}

impl<T: FromJson> ReadField for Field<T> {
    fn read(&mut self, name: &'static str, r: &mut Reader<'_>) -> Result<(), json::Error> {
        self.0 = Ok(T::read_named(r, name)?);
        Ok(())
    }

    fn set_no_value(&mut self, reason: NoValue) {
        self.0 = Err(reason);
    }
}

/// Reads the value of a member into a field. Fails only if it is not JSON.
fn read_field(
    field: &mut dyn ReadField,
    name: &'static str,
    r: &mut Reader<'_>,
) -> Result<(), json::Error> {
    if r.null_if_next() {
        field.set_no_value(NoValue::Null(name));
        return Ok(());
    }
    if let Err(error) = r.attempt(|r| field.read(name, r)) {
        // A syntax error is an error of the whole event.
        let json = String::from(r.raw()?);
        let invalid = Invalid { name, json, error };
        field.set_no_value(NoValue::Invalid(Box::new(invalid)));
    }
    Ok(())
}

/// Writes a field whose type the caller does not know. The plain form, `dyn ToJson`, links
/// `ToJson::to_value` of every field: 6.5 KB in `examples/authorizer`.
pub(super) trait WriteField {
    /// Writes the member, unless it is missing.
    fn write(&self, name: &str, w: &mut Writer);
}

impl<T: ToJson> WriteField for Field<T> {
    fn write(&self, name: &str, w: &mut Writer) {
        if !self.is_missing() {
            w.member(name, self);
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

/// A missing member is written as `null` where a value is required.
impl<T: ToJson> ToJson for Field<T> {
    fn to_json(&self, w: &mut Writer) {
        match &self.0 {
            Ok(value) => value.to_json(w),
            Err(NoValue::Invalid(invalid)) => w.raw(&invalid.json),
            Err(_) => w.null(),
        }
    }
}

/// Reads an object into `fields`. Their `names` begin with the name of the type and a dot,
/// `prefix_len` bytes in all. `other_names` has the second name of a member, and its first one. Of
/// members with one name the last is used; the JSON of unknown members is checked, and their text is
/// given to `keep`. In strings, an escape for one half of a surrogate pair becomes U+FFFD.
pub(super) fn read_fields(
    r: &mut Reader<'_>,
    prefix_len: usize,
    names: &[&'static str],
    other_names: &[(&str, &str)],
    fields: &mut [&mut dyn ReadField],
    keep: Option<&mut dyn FnMut(&str)>,
) -> Result<(), json::Error> {
    for (name, field) in names.iter().zip(fields.iter_mut()) {
        field.set_no_value(NoValue::Missing(name));
    }
    let mut keep = keep;
    r.attempt_replacing(true, |r| {
        r.begin_object()?;
        let mut start = r.offset();
        while let Some(member) = r.next_member()? {
            let other = other_names.iter().find(|other| other.0 == member);
            let member = other.map_or(&*member, |other| other.1);
            let mut known = names.iter().zip(fields.iter_mut());
            let found = known
                .find(|(name, _)| name.as_bytes().get(prefix_len..) == Some(member.as_bytes()));
            if let Some((name, field)) = found {
                read_field(*field, name, r)?;
            } else {
                r.skip()?;
                if let Some(keep) = &mut keep {
                    keep(r.since(start));
                }
            }
            start = r.offset();
        }
        Ok(())
    })
}

/// Writes an object with the fields that are not missing, and the members that `write_other` writes.
pub(super) fn write_fields(
    w: &mut Writer,
    prefix_len: usize,
    names: &[&'static str],
    fields: &[&dyn WriteField],
    write_other: Option<&dyn Fn(&mut Writer)>,
) {
    w.begin_object();
    for (name, field) in names.iter().zip(fields) {
        field.write(text_after(name, prefix_len), w);
    }
    if let Some(write_other) = write_other {
        write_other(w);
    }
    w.end_object();
}

/// Shows an object with the fields that are not missing, which are `Some`, and the members that no field has.
pub(super) fn show_fields(
    f: &mut fmt::Formatter<'_>,
    prefix_len: usize,
    names: &[&'static str],
    fields: &[Option<&dyn Debug>],
    other: Option<&Map<Value>>,
) -> fmt::Result {
    let mut map = f.debug_map();
    for (name, field) in names.iter().zip(fields) {
        if let Some(field) = field {
            map.entry(&text_after(name, prefix_len), field);
        }
    }
    map.entries(other.into_iter().flat_map(Map::iter)).finish()
}

/// Defines the structs of events, whose fields are [`Field`]s. `as` gives the member's name in JSON
/// if it differs, and `or` a second name that is read too. The documentation of each field ends
/// with its name in JSON. A struct may have type parameters with defaults. `..NAME` at the end is a
/// field for the members that no other field has: for objects that a function sends back to AWS.
macro_rules! event {
    ($(
        $(#[$attribute:meta])*
        pub struct $name:ident $(<$($generic:ident = $default:ty),+>)? {$(
            $(#[$field_attribute:meta])*
            $field:ident : $type:ty $(as $json_name:literal $(or $other_name:literal)?)?,
        )* $(..$other:ident)?}
    )*) => {$(
        $(#[$attribute])*
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name $(<$($generic = $default),+>)? {$(
            $(#[$field_attribute])*
            #[doc = concat!("\n\n`", $crate::events::field::event!(@name $field $($json_name)?), "`")]
            pub $field: $crate::events::Field<$type>,
        )* $(
            /// The members that no other field has. They are written as they were read.
            pub $other: $crate::events::Map<$crate::json::Value>,
        )?}

        /// All members are missing.
        impl $(<$($generic),+>)? Default for $name $(<$($generic),+>)? {
            fn default() -> Self {
                $name {
                    $($field: $crate::events::Field::default(),)*
                    $($other: $crate::events::Map::default(),)?
                }
            }
        }

        /// Shows the object as in JSON, without the members that are missing.
        impl $(<$($generic: ::core::fmt::Debug),+>)? ::core::fmt::Debug for $name $(<$($generic),+>)? {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let fields = &[$(self.$field.to_show()),*];
                let other = $crate::events::field::event!(@other $(&self.$other)?);
                $crate::events::field::show_fields(f, Self::PREFIX_LEN, Self::NAMES, fields, other)
            }
        }

        impl $(<$($generic),+>)? $name $(<$($generic),+>)? {
            const PREFIX_LEN: usize = stringify!($name).len() + 1;
            const NAMES: &'static [&'static str] = &[$(
                concat!(stringify!($name), ".", $crate::events::field::event!(@name $field $($json_name)?)),
            )*];
            const OTHER_NAMES: &'static [(&'static str, &'static str)] =
                &[$($($(($other_name, $json_name),)?)?)*];
        }

        impl $(<$($generic: $crate::json::FromJson),+>)? $crate::json::FromJson for $name $(<$($generic),+>)? {
            fn kind() -> ::core::option::Option<&'static str> {
                ::core::option::Option::Some(::core::stringify!($name))
            }

            fn from_json(
                r: &mut $crate::json::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::json::Error> {
                #[allow(unused_mut, reason = "a type without members")]
                let mut event = Self::default();
                let fields: &mut [&mut dyn $crate::events::field::ReadField] =
                    &mut [$(&mut event.$field),*];
                $crate::events::field::read_fields(
                    r,
                    Self::PREFIX_LEN,
                    Self::NAMES,
                    Self::OTHER_NAMES,
                    fields,
                    $crate::events::field::event!(@other $(&mut |text| event.$other.push(text))?),
                )?;
                Ok(event)
            }
        }

        impl $(<$($generic: $crate::json::ToJson),+>)? $crate::json::ToJson for $name $(<$($generic),+>)? {
            fn to_json(&self, w: &mut $crate::json::Writer) {
                let fields: &[&dyn $crate::events::field::WriteField] = &[$(&self.$field),*];
                $crate::events::field::write_fields(
                    w,
                    Self::PREFIX_LEN,
                    Self::NAMES,
                    fields,
                    $crate::events::field::event!(@other $(&|w| self.$other.write_members(w))?),
                );
            }
        }
    )*};

    (@other) => { ::core::option::Option::None };
    (@other $value:expr) => { ::core::option::Option::Some($value) };
    (@name $field:ident) => { stringify!($field) };
    (@name $field:ident $json_name:literal) => { $json_name };
}
pub(super) use event;
