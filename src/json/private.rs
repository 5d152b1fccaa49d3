//! Functions and traits for the code that the macros generate. Not part of the public API.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{BorrowJson, Error, FromJson, Kind, Object, Reader, ToJson, Value, Writer};

use super::field_names;
pub use super::field_names::{Case, Name, Names, variant_len, variant_text};
pub use super::mistakes;
pub use alloc::vec;

/// Returns a field's name without the `r#` of a raw identifier.
pub const fn name(field: &'static str) -> &'static str {
    if let [b'r', b'#', name @ ..] = field.as_bytes() {
        if let Ok(name) = core::str::from_utf8(name) {
            return name;
        }
    }
    field
}

/// Returns a text that was made in constant evaluation.
pub const fn text(text: &'static [u8]) -> &'static str {
    match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// Returns the length of [`one_of`].
pub const fn one_of_len(names: &[&str]) -> usize {
    field_names::one_of(names, &mut [])
}

/// Returns the names as an error lists them, in constant evaluation: "one of `a` `b`".
pub const fn one_of<const LEN: usize>(names: &[&str]) -> [u8; LEN] {
    let mut text = [0; LEN];
    field_names::one_of(names, &mut text);
    text
}

/// Removes the bit `index` from a bit set.
#[inline]
pub(super) fn remove_bit(set: &mut [u64], index: usize) {
    if let Some(word) = set.get_mut(index / 64) {
        *word &= !(1_u64 << (index & 63));
    }
}

/// Inserts the bit `index` into a bit set.
pub(super) fn insert_bit(set: &mut [u64], index: usize) {
    if let Some(word) = set.get_mut(index / 64) {
        *word |= 1_u64 << (index & 63);
    }
}

/// Returns the first bit in a bit set.
#[inline]
pub(super) fn first_bit(set: &[u64]) -> Option<usize> {
    let word = set.iter().position(|word| *word != 0)?;
    let bit = set.get(word)?.trailing_zeros() as usize;
    Some(word.wrapping_mul(64).wrapping_add(bit))
}

/// The default of the field `INDEX`, for a missing member and `null`.
pub trait DefaultField<const INDEX: usize> {
    /// The field's type.
    type Value;
    /// Returns the default.
    fn default_field() -> Self::Value;
}

/// Returns the default of the field `INDEX` of this struct.
#[inline(always)]
pub fn default_for<const INDEX: usize, T: DefaultField<INDEX>>(_: &T) -> T::Value {
    T::default_field()
}

/// Reads the first member with the name `index` from the next object. The reader does not
/// move.
pub(super) fn read_ahead<'j, T>(
    r: &Reader<'j>,
    names: &Names,
    index: usize,
    read: fn(&mut Reader<'j>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut r = r.clone();
    r.begin_object()?;
    while let Some(name) = r.next_member()? {
        if names.position(&name) == Some(index) {
            return read(&mut r);
        }
        r.skip()?;
    }
    Err(r.error_missing(names, index))
}

/// The body with which a web function sends a value.
#[derive(Debug)]
pub enum WebBody {
    /// No body.
    Empty,
    /// Plain text.
    Text(String),
    /// Bytes without a type.
    Bytes(Vec<u8>),
    /// JSON.
    Json(Vec<u8>),
}

/// The type of a field `as ..`, which keeps the members that no other field has.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot keep the members that no other field takes",
    label = "a field `as ..` is an `Object`"
)]
pub trait KeepsRest: Default + WritesObject {
    /// Adds a member.
    fn keep(&mut self, name: String, value: Value);
    /// Writes the members.
    fn write(&self, w: &mut Writer);

    /// Reads a member that no field has. The opening quote of its name has been read.
    ///
    /// # Errors
    /// If its value is not JSON.
    fn read(r: &mut Reader<'_>, rest: &mut Self) -> Result<(), Error> {
        let name = r.rest_name()?.into_owned();
        let value = Value::from_json(r)?;
        rest.keep(name, value);
        Ok(())
    }

    /// Removes the member with the tag of an enum.
    fn remove_rest_tag(&mut self, tag: &str) {
        self.remove_tag(tag);
    }
}

impl KeepsRest for Object {
    fn keep(&mut self, name: String, value: Value) {
        self.insert(name, value);
    }

    fn write(&self, w: &mut Writer) {
        self.write_members(w);
    }
}

/// Sets a member of an object that [`json!`](crate::json!) makes. It does the same as [`Object::insert`], without the
/// index of a large object: that would add 1,096 bytes to each function with a `json!`.
pub fn set(object: &mut Object, name: impl AsRef<str>, value: Value) {
    object.set_without_index(name.as_ref(), value);
}

/// Chooses how a field of a struct with a lifetime is read. `(&&Probe::NEW).how()` calls the method of
/// [`ProbeBorrowed`] if the type implements [`BorrowJson`], else that of [`ProbeOwned`], since the
/// compiler prefers the method that needs fewer dereferences ("autoref specialization").
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Clone for Probe<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Probe<T> {}

impl<T> Probe<T> {
    /// The only value.
    pub const NEW: Probe<T> = Probe(PhantomData);
}

/// See [`Probe`].
pub trait ProbeBorrowed<'j, T> {
    /// Returns the functions that read the field.
    fn how(&self) -> FieldFunctions<'j, T>;
}

impl<'j, T: BorrowJson<'j>> ProbeBorrowed<'j, T> for &Probe<T> {
    #[inline(always)]
    fn how(&self) -> FieldFunctions<'j, T> {
        FieldFunctions {
            create: T::borrow_json,
            update: T::read_json,
            absent: T::absent,
            placeholder: T::placeholder,
        }
    }
}

/// See [`Probe`].
pub trait ProbeOwned<'j, T> {
    /// Returns the functions that read the field.
    fn how(&self) -> FieldFunctions<'j, T>;
}

impl<'j, T: FromJson> ProbeOwned<'j, T> for Probe<T> {
    #[inline(always)]
    fn how(&self) -> FieldFunctions<'j, T> {
        FieldFunctions {
            create: T::from_json,
            update: T::read_json,
            absent: T::absent,
            placeholder: T::placeholder,
        }
    }
}

/// The functions for a field of a struct with a lifetime, which are those of [`BorrowJson`] or
/// [`FromJson`].
#[derive(Debug)]
pub struct FieldFunctions<'j, T> {
    create: fn(&mut Reader<'j>) -> Result<T, Error>,
    update: fn(&mut T, &mut Reader<'j>) -> Result<(), Error>,
    absent: fn() -> Option<T>,
    placeholder: fn() -> Option<T>,
}

#[allow(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "the functions are those of FromJson"
)]
impl<'j, T> FieldFunctions<'j, T> {
    pub fn check(self) {}

    #[inline(always)]
    pub fn create(self, r: &mut Reader<'j>) -> Result<T, Error> {
        (self.create)(r)
    }

    #[inline(always)]
    pub fn absent(self) -> Option<T> {
        (self.absent)()
    }

    #[inline(always)]
    pub fn read_field(self, r: &mut Reader<'j>, field: &mut T) -> Result<(), Error> {
        (self.update)(field, r)
    }

    #[inline(always)]
    pub fn init(self, r: &Reader<'j>, names: &Names, index: usize) -> Result<T, Error> {
        let read = self.create;
        match self.placeholder() {
            Some(value) => Ok(value),
            None => read_ahead(r, names, index, read),
        }
    }

    #[inline(always)]
    pub fn require(self, missing: &mut [u64], index: usize) {
        if (self.absent)().is_none() {
            insert_bit(missing, index);
        }
    }

    #[inline(always)]
    pub fn reset(self, field: &mut T) {
        if let Some(absent) = (self.absent)() {
            *field = absent;
        }
    }

    #[inline(always)]
    pub fn placeholder(self) -> Option<T> {
        match (self.absent)() {
            None => (self.placeholder)(),
            absent => absent,
        }
    }
}

/// See [`Probe`].
pub trait ProbeOther<T> {
    /// Returns functions that compile for any type.
    fn how(self) -> Unreadable<T>;
}

impl<T> ProbeOther<T> for Probe<T> {
    fn how(self) -> Unreadable<T> {
        Unreadable(PhantomData)
    }
}

/// The functions for a field whose type cannot be read. Only [`check`](Self::check) is a compile error,
/// so that there is one per field; the other functions never run.
#[derive(Debug)]
pub struct Unreadable<T>(PhantomData<T>);

#[allow(
    missing_docs,
    clippy::missing_errors_doc,
    clippy::needless_pass_by_ref_mut,
    reason = "the functions are those of FromJson, and never run"
)]
impl<T> Unreadable<T> {
    pub fn check(self)
    where
        T: FromJson,
    {
    }

    pub fn create(self, r: &mut Reader<'_>) -> Result<T, Error> {
        Err(r.error_expected("a type that can be read"))
    }

    pub fn absent(self) -> Option<T> {
        None
    }

    pub fn read_field(self, _: &mut Reader<'_>, _: &mut T) -> Result<(), Error> {
        Ok(())
    }

    pub fn init(self, r: &Reader<'_>, _: &Names, _: usize) -> Result<T, Error> {
        Err(r.error_expected("a type that can be read"))
    }

    pub fn require(self, _: &mut [u64], _: usize) {}

    pub fn reset(self, _: &mut T) {}

    pub fn placeholder(self) -> Option<T> {
        None
    }
}

/// Checks the names of an enum's variants, in constant evaluation. `Some` holds the name and whether
/// the variant has a value; `None` is a variant `as ..`. Without a tag, a variant with a value may have
/// the name of one without, since one is written as an object and one as a string.
///
/// # Panics
/// If two variants are written in the same way. The panic is a compile error then.
pub const fn check_variants(variants: &[Option<(&str, bool)>], has_tag: bool) {
    let mut left = variants;
    while let [variant, after @ ..] = left {
        let mut others = after;
        while let [other, more @ ..] = others {
            match (variant, other) {
                (Some((name, has_value)), Some((other, other_has_value)))
                    if (has_tag || *has_value == *other_has_value)
                        && field_names::is_same(name.as_bytes(), other.as_bytes()) =>
                {
                    field_names::duplicate("two variants", name.as_bytes());
                }
                (None, None) => field_names::duplicate("two variants", b".."),
                _ => {}
            }
            others = more;
        }
        left = after;
    }
}

/// The variant of an enum that is read next.
#[derive(Debug)]
pub struct Variant<'j> {
    name: Option<Cow<'j, str>>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// A string, which has been read.
    Unit,
    /// An object with one member, whose name has been read.
    Member,
    /// An object with a tag. Nothing of it has been read.
    Tagged,
}

impl<'j> Variant<'j> {
    /// Reads the name of a variant: a string, or the name of an object's first member.
    ///
    /// # Errors
    /// If the next value is neither.
    pub fn of(r: &mut Reader<'j>) -> Result<Variant<'j>, Error> {
        if r.peek()? == Kind::Object {
            r.begin_object()?;
            return Ok(Variant {
                name: r.next_member()?,
                form: Form::Member,
            });
        }
        Ok(Variant {
            name: Some(r.string()?),
            form: Form::Unit,
        })
    }

    /// Returns the variant that an object's member `tag` names. The member may be at any position; of
    /// several, the last counts. Nothing is read.
    ///
    /// # Errors
    /// If the next value is not an object, or the member is not a string.
    pub fn tagged(r: &mut Reader<'j>, tag: &str) -> Result<Variant<'j>, Error> {
        *r = r.at_next();
        // A variant `as ..` may hold a value whose tag contains an unpaired surrogate.
        let mut ahead = r.clone().replacing_surrogates();
        let mut name = None;
        ahead.begin_object()?;
        while let Some(member) = ahead.next_member()? {
            if member == tag {
                name = Some(ahead.string()?);
            } else {
                ahead.skip()?;
            }
        }
        Ok(Variant {
            name,
            form: Form::Tagged,
        })
    }

    /// Returns whether this is the variant `name` without a value.
    pub fn is_unit(&self, name: &str) -> bool {
        self.form != Form::Member && self.name.as_deref() == Some(name)
    }

    /// Returns whether this is the variant `name` with a value.
    pub fn has_value(&self, name: &str) -> bool {
        self.form != Form::Unit && self.name.as_deref() == Some(name)
    }

    /// Returns the name, if it was a string.
    pub fn unit_name(&self) -> Option<&str> {
        if self.form == Form::Unit {
            self.name.as_deref()
        } else {
            None
        }
    }

    /// Reads the end of the object after the variant's value, if there is an object.
    ///
    /// # Errors
    /// If the object has another member.
    pub fn end(&self, r: &mut Reader<'_>) -> Result<(), Error> {
        match self.form {
            Form::Member => match r.next_member()? {
                None => Ok(()),
                Some(_) => Err(r.error("expected an object of one member, found another one")),
            },
            // For a variant without a value, the object has not been read.
            Form::Tagged if r.is_at_start() => r.skip(),
            Form::Unit | Form::Tagged => Ok(()),
        }
    }

    /// Returns the error that `names` were expected.
    #[inline(never)]
    pub fn error(&self, r: &Reader<'_>, names: &str) -> Error {
        match &self.name {
            Some(name) => r.error(&["expected ", names, ", found `", name, "`"].concat()),
            None => r.error_expected(names),
        }
    }
}

/// A type that is written as an object, to which a tag can be added.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not written as an object, which could take a tag",
    label = "not an object",
    note = "in an enum with a tag, variants hold what `json_struct!` makes, or maps"
)]
pub trait WritesObject: ToJson {
    /// Removes the member with the tag, if the type keeps all members.
    fn remove_tag(&mut self, _tag: &str) {}

    /// Writes the object with the tag as its first member.
    fn write_tagged(&self, w: &mut Writer, tag: &str, name: &str) {
        w.begin_object();
        w.member(tag, name);
        w.continue_object(|w| self.to_json(w));
    }
}

impl WritesObject for Object {
    fn remove_tag(&mut self, tag: &str) {
        self.remove(tag);
    }
}

impl<N: AsRef<str> + Ord, T: ToJson> WritesObject for BTreeMap<N, T> {
    fn remove_tag(&mut self, tag: &str) {
        self.retain(|name, _| name.as_ref() != tag);
    }
}

impl<T: ToJson> WritesObject for Vec<(String, T)> {
    fn remove_tag(&mut self, tag: &str) {
        self.retain(|member| member.0 != tag);
    }
}

impl<T: WritesObject> WritesObject for Box<T> {
    fn remove_tag(&mut self, tag: &str) {
        (**self).remove_tag(tag);
    }
}
