//! What the code that the macros write calls; nobody else.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{BorrowJson, Error, FromJson, Kind, Object, Reader, ToJson, Value, Writer};

use super::field_names;
pub use super::field_names::{Case, Name, Names};
pub use alloc::vec;

/// A field's name without the `r#` of a raw identifier.
pub const fn name(field: &'static str) -> &'static str {
    if let [b'r', b'#', name @ ..] = field.as_bytes() {
        if let Ok(name) = core::str::from_utf8(name) {
            return name;
        }
    }
    field
}

/// Takes the bit `index` out of a set.
#[inline]
pub(super) fn remove_bit(set: &mut [u64], index: usize) {
    if let Some(word) = set.get_mut(index / 64) {
        *word &= !(1_u64 << (index & 63));
    }
}

pub(super) fn insert_bit(set: &mut [u64], index: usize) {
    if let Some(word) = set.get_mut(index / 64) {
        *word |= 1_u64 << (index & 63);
    }
}

/// The first bit in a set.
#[inline]
pub(super) fn first_bit(set: &[u64]) -> Option<usize> {
    let word = set.iter().position(|word| *word != 0)?;
    let bit = set.get(word)?.trailing_zeros() as usize;
    Some(word.wrapping_mul(64).wrapping_add(bit))
}

/// What a missing member and `null` stand for, for the field `INDEX`.
pub trait DefaultField<const INDEX: usize> {
    /// The field's type.
    type Value;
    /// The default.
    fn default_field() -> Self::Value;
}

/// The default of the field `INDEX` of this struct.
#[inline(always)]
pub fn default_for<const INDEX: usize, T: DefaultField<INDEX>>(_: &T) -> T::Value {
    T::default_field()
}

/// Reads the first member that has the name `index`, of an object that comes next.
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

/// What a field `as ..` may be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot keep the members that no other field takes",
    label = "a field `as ..` is an `Object`"
)]
pub trait KeepsRest: Default + WritesObject {
    /// Keeps one more.
    fn keep(&mut self, name: String, value: Value);
    /// Writes them all.
    fn write(&self, w: &mut Writer);

    /// Reads a member that no field takes; the reader stands at its name.
    ///
    /// # Errors
    /// If its value is not JSON.
    fn read(r: &mut Reader<'_>, rest: &mut Self) -> Result<(), Error> {
        let name = r.rest_name()?.into_owned();
        let value = Value::from_json(r)?;
        rest.keep(name, value);
        Ok(())
    }

    /// Takes the tag of an enum out again.
    fn remove_rest_tag(&mut self, tag: &str) {
        self.remove_tag(tag);
    }
}

impl KeepsRest for Object {
    fn keep(&mut self, name: String, value: Value) {
        self.insert(name, value);
    }

    fn write(&self, w: &mut Writer) {
        for (name, value) in self {
            w.member(name, value);
        }
    }
}

/// Chooses how a field of a struct with a lifetime is read: `(&&Probe::NEW).how()` is that of
/// [`ProbeBorrowed`] where the type borrows, else that of [`ProbeOwned`], since the compiler takes
/// the method that needs the fewest dereferences.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Clone for Probe<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Probe<T> {}

impl<T> Probe<T> {
    /// The only one there is.
    pub const NEW: Probe<T> = Probe(PhantomData);
}

/// See [`Probe`].
pub trait ProbeBorrowed<'j, T> {
    /// How the field is read.
    fn how(&self) -> Borrowed<T>;
}

impl<'j, T: BorrowJson<'j>> ProbeBorrowed<'j, T> for &Probe<T> {
    #[inline(always)]
    fn how(&self) -> Borrowed<T> {
        Borrowed(PhantomData)
    }
}

/// See [`Probe`].
pub trait ProbeOwned<T> {
    /// How the field is read.
    fn how(&self) -> Owned<T>;
}

impl<T: FromJson> ProbeOwned<T> for Probe<T> {
    #[inline(always)]
    fn how(&self) -> Owned<T> {
        Owned(PhantomData)
    }
}

/// Handles a field whose type borrows; the functions are those of [`FromJson`].
#[derive(Debug)]
pub struct Borrowed<T>(PhantomData<T>);

#[allow(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "the functions are those of FromJson"
)]
impl<T> Borrowed<T> {
    pub fn check(self) {}

    pub fn read_field<'j>(self, r: &mut Reader<'j>, field: &mut T) -> Result<(), Error>
    where
        T: BorrowJson<'j>,
    {
        field.read_json(r)
    }

    #[inline(always)]
    pub fn init<'j>(self, r: &Reader<'j>, names: &Names, index: usize) -> Result<T, Error>
    where
        T: BorrowJson<'j>,
    {
        match self.placeholder() {
            Some(value) => Ok(value),
            None => read_ahead(r, names, index, T::borrow_json),
        }
    }

    #[inline(always)]
    pub fn require<'j>(self, missing: &mut [u64], index: usize)
    where
        T: BorrowJson<'j>,
    {
        if T::absent().is_none() {
            insert_bit(missing, index);
        }
    }

    #[inline(always)]
    pub fn reset<'j>(self, field: &mut T)
    where
        T: BorrowJson<'j>,
    {
        if let Some(absent) = T::absent() {
            *field = absent;
        }
    }

    #[inline(always)]
    pub fn placeholder<'j>(self) -> Option<T>
    where
        T: BorrowJson<'j>,
    {
        match T::absent() {
            None => T::placeholder(),
            absent => absent,
        }
    }
}

/// Handles a field whose type stands on its own; the functions are those of [`FromJson`].
#[derive(Debug)]
pub struct Owned<T>(PhantomData<T>);

#[allow(
    missing_docs,
    clippy::missing_errors_doc,
    reason = "the functions are those of FromJson"
)]
impl<T: FromJson> Owned<T> {
    pub fn check(self) {}

    pub fn read_field(self, r: &mut Reader<'_>, field: &mut T) -> Result<(), Error> {
        field.read_json(r)
    }

    #[inline(always)]
    pub fn init(self, r: &Reader<'_>, names: &Names, index: usize) -> Result<T, Error> {
        T::init_field(r, names, index)
    }

    #[inline(always)]
    pub fn require(self, missing: &mut [u64], index: usize) {
        T::require_field(missing, index);
    }

    #[inline(always)]
    pub fn reset(self, field: &mut T) {
        T::reset_field(field);
    }

    #[inline(always)]
    pub fn placeholder(self) -> Option<T> {
        T::placeholder_field()
    }
}

/// See [`Probe`].
pub trait ProbeOther<T> {
    /// How the field would be read.
    fn how(self) -> Unreadable<T>;
}

impl<T> ProbeOther<T> for Probe<T> {
    fn how(self) -> Unreadable<T> {
        Unreadable(PhantomData)
    }
}

/// Stands for a field whose type cannot be read: [`check`](Self::check) is the compiler's error, and
/// the other functions, which never run, are not.
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

/// Checks the names of an enum's variants, in constant evaluation: `Some` holds the name and whether
/// the variant has a value, and `None` is a variant that takes all others. Without a tag, a variant
/// that has a value may have the name of one that has none, since they are written differently.
///
/// # Panics
/// If two variants are written alike, which is a compile error then.
pub const fn check_variants(variants: &[Option<(&str, bool)>], has_tag: bool) {
    let mut left = variants;
    while let [variant, after @ ..] = left {
        let mut others = after;
        while let [other, more @ ..] = others {
            let is_same = match (variant, other) {
                (Some((name, has_value)), Some((other, other_has_value))) => {
                    (has_tag || *has_value == *other_has_value)
                        && field_names::is_same(name.as_bytes(), other.as_bytes())
                }
                (None, None) => true,
                _ => false,
            };
            assert!(!is_same, "two variants have the same name in JSON");
            others = more;
        }
        left = after;
    }
}

/// Which variant of an enum comes next.
#[derive(Debug)]
pub struct Variant<'j> {
    name: Option<Cow<'j, str>>,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// A string, which is read.
    Unit,
    /// An object of one member, whose name is read.
    Member,
    /// An object with a tag in it, of which nothing is read.
    Tagged,
}

impl<'j> Variant<'j> {
    /// Of a string, or of an object's first member.
    ///
    /// # Errors
    /// If neither comes next.
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

    /// Of an object's member `tag`, wherever it stands; of several, the last.
    ///
    /// # Errors
    /// If no object comes next, or the member is no string.
    pub fn tagged(r: &mut Reader<'j>, tag: &str) -> Result<Variant<'j>, Error> {
        *r = r.at_next();
        // A variant `as ..` may take a value whose tag is no text.
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

    /// Whether it is `name`, a variant without a value.
    pub fn is_unit(&self, name: &str) -> bool {
        self.form != Form::Member && self.name.as_deref() == Some(name)
    }

    /// Whether it is `name`, a variant with a value.
    pub fn has_value(&self, name: &str) -> bool {
        self.form != Form::Unit && self.name.as_deref() == Some(name)
    }

    /// The name, if it was a string.
    pub fn unit_name(&self) -> Option<&str> {
        if self.form == Form::Unit {
            self.name.as_deref()
        } else {
            None
        }
    }

    /// Reads what is after the value, if there was one to read.
    ///
    /// # Errors
    /// If the object has another member.
    pub fn end(&self, r: &mut Reader<'_>) -> Result<(), Error> {
        match self.form {
            Form::Member => match r.next_member()? {
                None => Ok(()),
                Some(_) => Err(r.error("expected an object of one member, found another one")),
            },
            // A variant without a value has not read the object.
            Form::Tagged if r.is_at_start() => r.skip(),
            Form::Unit | Form::Tagged => Ok(()),
        }
    }

    /// That there is no such variant.
    #[inline(never)]
    pub fn error(&self, r: &Reader<'_>, names: &str) -> Error {
        match &self.name {
            Some(name) => r.error(&["expected ", names, ", found `", name, "`"].concat()),
            None => r.error_expected(names),
        }
    }
}

/// What is written as an object, into which a tag can be put.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not written as an object, which could take a tag",
    label = "no object",
    note = "in an enum with a tag, variants hold what `json_struct!` makes, or maps"
)]
pub trait WritesObject: ToJson {
    /// Takes the tag out again, where all members are kept.
    fn remove_tag(&mut self, _tag: &str) {}

    /// Writes this with a member more in front.
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
