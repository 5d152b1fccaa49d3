//! `json_struct!`: defines a struct and its impls, without a proc macro.

/// Defines a struct that can be read from and written as JSON.
///
/// Attributes, also `cfg`, doc comments and visibility are kept. Unknown members are ignored. An `Option` without a default
/// may be missing or `null`.
///
/// | written | meaning | with serde |
/// | --- | --- | --- |
/// | `size: u32 as "Size"` | the field's name in JSON | `rename` |
/// | `size: u32 = 1` | the default, if the member is missing or `null`, also for an `Option`; it is evaluated before the members are read | `default` |
/// | `size: u32 as "Size" = 1` | both, in this order | |
/// | `rest: Object as ..` | the last field keeps the members that no other field has | `flatten` |
/// | `struct Name as camelCase` | the case of all names that are not set by `as "name"`: `unitPrice` | `rename_all` |
/// | `as PascalCase` | `UnitPrice` | `rename_all` |
/// | `as snake_case`, `as lowercase` | `unit_price`, the fields' own names | `rename_all` |
/// | `as SCREAMING_SNAKE_CASE`, `as UPPERCASE` | `UNIT_PRICE` | `rename_all` |
/// | `as kebab-case` | `unit-price` | `rename_all` |
/// | `as SCREAMING-KEBAB-CASE` | `UNIT-PRICE` | `rename_all` |
/// | `as skip_none`, `as camelCase, skip_none` | a field that is `None` is not written | `skip_serializing_if` |
/// | `struct Name<'j> { ... }` | a struct that borrows from the text | `borrow` |
/// | `struct Name(Type);` | a value of this type in JSON, without an object | `transparent` |
///
/// Names are converted by serde's rules, for ASCII letters. Other generics and `where` clauses are compile
/// errors: implement [`FromJson`](crate::json::FromJson) and [`ToJson`](crate::json::ToJson) by hand, as their
/// documentation shows.
///
/// ```
/// use tiny_lambda::json;
///
/// tiny_lambda::json_struct! {
///     /// An order, as the shop posts it.
///     #[derive(Debug, Clone, PartialEq)]
///     pub struct Order {
///         pub id: String,                       // must be there
///         pub unit_cents: u64 as "unitCents",   // another name in JSON
///         pub quantity: u32 = 1,                // a default
///         pub note: Option<String>,             // may be absent or null
///     }
/// }
///
/// let order: Order = json::parse(br#"{"unitCents": 250, "id": "a1", "paid": true}"#)?;
/// assert_eq!(order, Order { id: "a1".into(), unit_cents: 250, quantity: 1, note: None });
/// assert_eq!(json::to_vec(&order), br#"{"id":"a1","unitCents":250,"quantity":1,"note":null}"#);
/// assert_eq!(
///     json::parse::<Order>(br#"{"id": "a1"}"#).unwrap_err().to_string(),
///     "missing member `unitCents` at $ (offset 11, line 1, column 12)"
/// );
/// # Ok::<(), json::Error>(())
/// ```
///
/// Words after the struct's name set the case of the names and leave out what is `None`. A last field of type
/// [`Object`](crate::json::Object) that is marked `as ..` keeps the members that no other field has:
/// ```
/// use tiny_lambda::json::{self, Object};
///
/// tiny_lambda::json_struct! {
///     struct Detail as camelCase, skip_none {
///         order_id: String,
///         paid_at: Option<u64>,
///         rest: Object as ..,
///     }
/// }
/// let detail: Detail = json::parse(br#"{"color": "red", "orderId": "a1"}"#)?;
/// assert_eq!(detail.rest.get("color"), Some(&"red".into()));
/// assert_eq!(json::to_vec(&detail), br#"{"orderId":"a1","color":"red"}"#);
/// # Ok::<(), json::Error>(())
/// ```
///
/// A struct of one value without a name is that value in JSON:
/// ```
/// use tiny_lambda::json;
///
/// tiny_lambda::json_struct! {
///     #[derive(Debug, PartialEq)]
///     pub struct OrderId(pub String);
/// }
/// assert_eq!(json::parse::<OrderId>(br#""a1""#)?, OrderId("a1".into()));
/// assert_eq!(json::to_vec(&OrderId("a1".into())), br#""a1""#);
/// # Ok::<(), json::Error>(())
/// ```
///
/// A struct with a lifetime borrows from the text. It is read by
/// [`parse_borrowed`](crate::json::parse_borrowed), for example in a function that is run by
/// `run_bytes`. Its fields may be `&str` (a string with escapes is an error, since it cannot be
/// borrowed), `Cow<str>`, [`RawJson`](crate::json::RawJson), other such structs, options, boxes and
/// lists of these, and every type that implements [`FromJson`](crate::json::FromJson):
/// ```
/// use std::borrow::Cow;
/// use tiny_lambda::json;
///
/// tiny_lambda::json_struct! {
///     struct Message<'j> {
///         id: &'j str as "messageId",
///         body: Cow<'j, str>,
///         tags: Option<Vec<&'j str>>,
///         size: u64 = 0,
///     }
/// }
/// let text = br#"{"messageId": "a1", "body": "say \"hi\"", "tags": ["x"]}"#;
/// let message: Message = json::parse_borrowed(text)?;
/// assert_eq!((message.id, &*message.body, message.size), ("a1", "say \"hi\"", 0));
/// # Ok::<(), json::Error>(())
/// ```
#[macro_export]
macro_rules! json_struct {
    ($($definition:tt)*) => { $crate::__json_struct!(@parse [] $($definition)*); };
}

/// The rules of `json_struct!`. They are in another macro, so that the documentation does not list them.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_struct {
    // A default is a literal or in parentheses here. The rules `@defaults` put others into parentheses. An `expr` could not
    // be followed by `as "name"`: the compiler would expect a type and try no other rule. `$raw` is the definition
    // as it was written, if the defaults are in parentheses.
    (
        @parse $raw:tt
        $(#[$($struct_attribute:tt)*])*
        $struct_vis:vis struct $name:ident $(<$life:lifetime>)? $(as $($($word:tt)-+),+)? {$(
            $(#[$($attribute:tt)*])*
            $vis:vis $field:ident : $type:ty
            $(as $json_name:literal)? $(as .. $($never:lifetime)?)?
            $(= $literal:literal)? $(= ($default:expr))?
        ),* $(,)?}
    ) => {
        $crate::__json_struct!(
            @cfg {
                $(#[$($struct_attribute)*])*
                $struct_vis struct $name $(<$life>)? {$(
                    $(#[$($attribute)*])*
                    $vis $field: $type,
                )*}

                $crate::__json_mistake!(
                    @attributes json_struct [$(#[$($struct_attribute)*])*] $($(#[$($attribute)*])*)*
                );
                $crate::__json_struct!(@distinct [$] [$($field)*] [$name $(, $field)*] const _: () = {
                    const __JSON_CASE: $crate::json::private::Case =
                        $crate::__json_case!(json_struct $($([$($word)-+])+)?);
                    $crate::__json_struct!(@names $($field [$($json_name)? $(.. $($never)?)?])*);
                    $crate::__json_struct!(
                        @mode [$($([$($word)-+])+)?] $name [$($life)?]
                        $($field ($type) [$($json_name)? $(.. $($never)?)?] [$($literal)? $($default)?])*
                    );
                };);
            }
            json_struct [] [$(#[$($struct_attribute)*])*]
            [$struct_vis struct $name $(<$life>)? $(as $($($word)-+),+)?]
            $([$(#[$($attribute)*])*] [
                $vis $field: $type $(as $json_name)? $(as .. $($never)?)?
                $(= $literal)? $(= ($default))?
            ])*
        );
    };
    (
        @parse $raw:tt
        $(#[$($struct_attribute:tt)*])*
        $struct_vis:vis struct $name:ident $(<$life:lifetime>)?
        ($(#[$($attribute:tt)*])* $vis:vis $type:ty $(,)?);
    ) => {
        $crate::__json_struct!(
            @cfg {
                $(#[$($struct_attribute)*])*
                $struct_vis struct $name $(<$life>)? ($(#[$($attribute)*])* $vis $type);

                $crate::__json_mistake!(
                    @attributes json_struct [$(#[$($struct_attribute)*])*] $(#[$($attribute)*])*
                );
                $crate::__json_struct!(@distinct [$] [] [$name] const _: () = {
                    $crate::__json_struct!(@transparent $name [$($life)?] ($type));
                };);
            }
            json_struct [] [$(#[$($struct_attribute)*])*]
            ($struct_vis struct $name $(<$life>)? ($(#[$($attribute)*])* $vis $type);)
        );
    };
    (
        @parse []
        $(#[$($attribute:tt)*])*
        $vis:vis struct $name:tt $(<$life:lifetime>)? $(as $($($word:tt)-+),+)?
        {$($fields:tt)*}
    ) => {
        $crate::__json_struct!(
            @defaults
            [
                [
                    $(#[$($attribute)*])* $vis struct $name $(<$life>)? $(as $($($word)-+),+)?
                    {$($fields)*}
                ]
                $(#[$($attribute)*])* $vis struct $name $(<$life>)? $(as $($($word)-+),+)?
            ]
            {$($fields)*}
        );
    };
    (@parse [] $($definition:tt)*) => { $crate::__json_mistake!(@struct $($definition)*); };
    (@parse [$($raw:tt)*] $($definition:tt)*) => { $crate::__json_mistake!(@struct $($raw)*); };

    // Looks for an attribute `cfg`: of the type, then of its fields or variants. Without one, the type and its impls
    // follow. The macro is called again for a definition that is without the attribute, and for one without the field.
    // The usual attributes in their usual order are passed over at once, because of the recursion limit.
    (
        @cfg $emit:tt $macro:ident [$($done:tt)*]
        [$(#[doc = $doc:tt])* #[cfg ($($cfg:tt)*)] $($more:tt)*]
        [$($head:tt)*] $([$($attribute:tt)*] [$($field:tt)*])*
    ) => {
        #[cfg($($cfg)*)]
        $crate::$macro! {
            $($done)* $(#[doc = $doc])* $($more)* $($head)* {$($($attribute)* $($field)*,)*}
        }
    };
    (
        @cfg $emit:tt $macro:ident [$($done:tt)*]
        [$(#[doc = $doc:tt])* #[cfg ($($cfg:tt)*)] $($more:tt)*]
        ($($tuple:tt)*)
    ) => {
        #[cfg($($cfg)*)]
        $crate::$macro! { $($done)* $(#[doc = $doc])* $($more)* $($tuple)* }
    };
    (@cfg $emit:tt $macro:ident $done:tt [$(#[doc = $doc:tt])*] ($($tuple:tt)*)) => {
        $crate::__json_struct!(@emit $emit);
    };
    (
        @cfg $emit:tt $macro:ident [$($done:tt)*] [$(#[doc = $doc:tt])*] [$($head:tt)*]
        $($fields:tt)*
    ) => {
        $crate::__json_struct!(
            @cfg_field $emit $macro [$($done)* $(#[doc = $doc])* $($head)*] [] $($fields)*
        );
    };
    (
        @cfg $emit:tt $macro:ident [$($done:tt)*]
        [$(#[doc = $doc:tt])* #[derive $derive:tt] $($more:tt)*] $($rest:tt)*
    ) => {
        $crate::__json_struct!(
            @cfg $emit $macro [$($done)* $(#[doc = $doc])* #[derive $derive]] [$($more)*] $($rest)*
        );
    };
    (@cfg $emit:tt $macro:ident [$($done:tt)*] [#[$($other:tt)*] $($more:tt)*] $($rest:tt)*) => {
        $crate::__json_struct!(@cfg $emit $macro [$($done)* #[$($other)*]] [$($more)*] $($rest)*);
    };
    (
        @cfg_field $emit:tt $macro:ident $head:tt $done:tt
        $([
            $(#[doc = $doc:tt])* $(#[allow $allow:tt])* $(#[deprecated $($deprecated:tt)*])*
            $(#[serde $serde:tt])*
        ] $field:tt)*
    ) => {
        $crate::__json_struct!(@emit $emit);
    };
    (
        @cfg_field $emit:tt $macro:ident [$($head:tt)*] [$($done:tt)*]
        [$(#[doc = $doc:tt])* #[cfg ($($cfg:tt)*)] $($more:tt)*] [$($field:tt)*]
        $([$($attribute:tt)*] [$($next:tt)*])*
    ) => {
        #[cfg($($cfg)*)]
        $crate::$macro! {
            $($head)* {
                $($done)* $(#[doc = $doc])* $($more)* $($field)*, $($($attribute)* $($next)*,)*
            }
        }
        #[cfg(not($($cfg)*))]
        $crate::$macro! { $($head)* {$($done)* $($($attribute)* $($next)*,)*} }
    };
    (
        @cfg_field $emit:tt $macro:ident $head:tt [$($done:tt)*]
        [
            $(#[doc = $doc:tt])* $(#[allow $allow:tt])* $(#[deprecated $($deprecated:tt)*])*
            $(#[serde $serde:tt])*
        ]
        [$($field:tt)*] $($rest:tt)*
    ) => {
        $crate::__json_struct!(
            @cfg_field $emit $macro $head
            [
                $($done)* $(#[doc = $doc])* $(#[allow $allow])* $(#[deprecated $($deprecated)*])*
                $(#[serde $serde])* $($field)*,
            ]
            $($rest)*
        );
    };
    (
        @cfg_field $emit:tt $macro:ident $head:tt [$($done:tt)*] [#[$($other:tt)*] $($more:tt)*]
        $($rest:tt)*
    ) => {
        $crate::__json_struct!(
            @cfg_field $emit $macro $head [$($done)* #[$($other)*]] [$($more)*] $($rest)*
        );
    };
    (@emit {$($emit:tt)*}) => { $($emit)* };

    // Puts the defaults into parentheses, from the first to the last.
    (
        @defaults $head:tt {
            $(
                $(#[$($attribute:tt)*])*
                $vis:vis $field:ident : $type:ty $(as $json_name:literal)? $(as .. $($never:lifetime)?)?
            ),*
            = $($rest:tt)*
        }
    ) => {
        $crate::__json_struct!(
            @scan_default $head
            [$(
                $(#[$($attribute)*])*
                $vis $field: $type $(as $json_name)? $(as .. $($never)?)?
            ),*]
            $($rest)*
        );
    };
    (@defaults [[$($raw:tt)*] $($head:tt)*] $fields:tt) => { $crate::__json_mistake!(@struct $($raw)*); };
    // Looks for a name after the default, among up to eight tokens before the first comma.
    (@scan_default $head:tt $done:tt $a:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b $c] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b $c, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b $c $d] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b $c $d, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b $c $d $e] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b $c $d $e, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b $c $d $e $f] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b $c $d $e $f, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b $c $d $e $f $g] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b $c $d $e $f $g, $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt as $name:literal $($rest:tt)*) => {
        $crate::__json_struct!(@swap $head $done $name [$a $b $c $d $e $f $g $h] $($rest)*);
    };
    (@scan_default $head:tt $done:tt $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt, $($rest:tt)*) => {
        $crate::__json_struct!(@expression $head $done $a $b $c $d $e $f $g $h, $($rest)*);
    };
    (@scan_default $($all:tt)*) => { $crate::__json_struct!(@expression $($all)*); };
    (
        @expression $head:tt [$($done:tt)*] $default:expr,
        $(
            $(#[$($attribute:tt)*])*
            $vis:vis $field:ident : $type:ty $(as $json_name:literal)? $(as .. $($never:lifetime)?)?
        ),*
        = $($rest:tt)*
    ) => {
        $crate::__json_struct!(
            @scan_default $head
            [$($done)* = ($default), $(
                $(#[$($attribute)*])*
                $vis $field: $type $(as $json_name)? $(as .. $($never)?)?
            ),*]
            $($rest)*
        );
    };
    (@expression [$($head:tt)*] [$($done:tt)*] $default:expr $(, $($rest:tt)*)?) => {
        $crate::__json_struct!(
            @parse $($head)* {$($done)* = ($default), $($($rest)*)?}
        );
    };
    (@expression [$($head:tt)*] [$($done:tt)*] $($rest:tt)*) => {
        $crate::__json_struct!(@parse $($head)* {$($done)* = $($rest)*});
    };
    (@swap $head:tt [$($done:tt)*] $name:literal [$($default:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@literal $name NameAfterDefault);
        $crate::__json_struct!(@expression $head [$($done)* as $name] $($default)* $($rest)*);
    };

    // A struct of one value without a name is that value.
    (@transparent $name:ident [] ($type:ty)) => {
        $crate::__json_struct!(
            @transparent_impls ($name) ($crate::json::FromJson) from_json '_ [] owned ($type)
        );
    };
    (@transparent $name:ident [$life:lifetime] ($type:ty)) => {
        #[allow(unused_imports, reason = "the value may be owned or borrowed")]
        use $crate::json::private::{ProbeBorrowed as _, ProbeOther as _, ProbeOwned as _};
        $crate::__json_struct!(@check_types $life value ($type) [] []);
        $crate::__json_struct!(
            @transparent_impls ($name<$life>) ($crate::json::BorrowJson<$life>) borrow_json $life
            [<$life>] borrowed ($type)
        );
    };
    (
        @transparent_impls ($struct:ty) ($trait:path) $from:ident $reader:lifetime
        [$($generics:tt)*] $mode:ident ($type:ty)
    ) => {
        impl $($generics)* $trait for $struct {
            fn $from(
                __r: &mut $crate::json::Reader<$reader>,
            ) -> ::core::result::Result<Self, $crate::json::Error> {
                $crate::__json_struct!(@create __r $mode ($type)).map(Self)
            }

            #[inline(always)]
            fn absent() -> ::core::option::Option<Self> {
                $crate::__json_struct!(@absent $mode ($type)).map(Self)
            }

            #[inline(always)]
            fn placeholder() -> ::core::option::Option<Self> {
                $crate::__json_struct!(@placeholder_field $mode ($type)).map(Self)
            }
        }

        impl $($generics)* $crate::json::ToJson for $struct {
            fn to_json(&self, __w: &mut $crate::json::Writer) {
                <$type as $crate::json::ToJson>::to_json(&self.0, __w);
            }

            fn to_value(&self) -> $crate::json::Value {
                <$type as $crate::json::ToJson>::to_value(&self.0)
            }

            fn is_absent(&self) -> bool {
                <$type as $crate::json::ToJson>::is_absent(&self.0)
            }
        }
    };
    (@create $r:ident owned ($type:ty)) => { <$type as $crate::json::FromJson>::from_json($r) };
    (@create $r:ident borrowed ($type:ty)) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how().create($r)
    };
    (@absent owned ($type:ty)) => { <$type as $crate::json::FromJson>::absent() };
    (@absent borrowed ($type:ty)) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how().absent()
    };

    // A struct with a lifetime borrows.
    (@mode $words:tt $name:ident [] $($fields:tt)*) => {
        $crate::__json_struct!(
            @impls $words owned ($name) ($crate::json::FromJson) from_json '_ [] [] $($fields)*
        );
    };
    (@mode $words:tt $name:ident [$life:lifetime] $($fields:tt)*) => {
        #[allow(unused_imports, reason = "fields may be all owned or all borrowed")]
        use $crate::json::private::{ProbeBorrowed as _, ProbeOther as _, ProbeOwned as _};
        $crate::__json_struct!(@check_types $life $($fields)*);
        $crate::__json_struct!(
            @impls $words borrowed ($name<$life>) ($crate::json::BorrowJson<$life>) borrow_json $life
            [<$life>] [<$life>] $($fields)*
        );
    };
    // A type that cannot be read is a compile error here only.
    (@check_types $life:lifetime $($field:ident ($type:ty) $json_name:tt $default:tt)*) => {
        #[allow(dead_code, reason = "for the compiler only")]
        fn __check_types<$life>() {
            $($crate::__json_struct!(@check ($type) $json_name);)*
        }
    };

    // The impls. The generics are passed twice: as tokens, and as one token for each field.
    (
        @impls $words:tt $mode:ident ($struct:ty) ($trait:path) $from:ident $reader:lifetime
        [$($generics:tt)*] $life:tt $($field:ident ($type:ty) $json_name:tt $default:tt)*
    ) => {
        $($crate::__json_struct!(@default $life ($struct) $field ($type) $default);)*

        fn __json_members $($generics)* (
            __value: &mut $struct,
            __r: &mut $crate::json::Reader<$reader>,
        ) -> ::core::result::Result<(), $crate::json::Error> {
            $crate::__json_struct!(@read __r __value $mode $($field ($type) $json_name $default)*)
        }

        impl $($generics)* $trait for $struct {
            fn $from(
                __r: &mut $crate::json::Reader<$reader>,
            ) -> ::core::result::Result<Self, $crate::json::Error> {
                let mut __value = Self {$(
                    $field: $crate::__json_struct!(
                        @init __r $mode $field ($type) $json_name $default
                    ),
                )*};
                __json_members(&mut __value, __r)?;
                ::core::result::Result::Ok(__value)
            }

            fn read_json(
                &mut self,
                __r: &mut $crate::json::Reader<$reader>,
            ) -> ::core::result::Result<(), $crate::json::Error> {
                $($crate::__json_struct!(@reset self $mode $field ($type) $json_name $default);)*
                __json_members(self, __r)
            }

            #[inline(always)]
            fn placeholder() -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self {
                    $($field: $crate::__json_struct!(@placeholder $mode ($type) $json_name)),*
                })
            }
        }

        impl $($generics)* $crate::json::ToJson for $struct {
            #[allow(clippy::indexing_slicing, reason = "each field has a name")]
            fn to_json(&self, __w: &mut $crate::json::Writer) {
                $crate::__json_struct!(@write $words self __w $($field ($type) $json_name)*)
            }
        }

        impl $($generics)* $crate::json::private::WritesObject for $struct {
            $($crate::__json_struct!(@remove_tag $field ($type) $json_name);)*
        }
    };

    // Expands to the impls, unless two fields or variants have the same name: the pattern of
    // `json_impls` then has two variables of the same name, which is an error, and nothing is
    // expanded. Otherwise the compiler would report the second field at each of its uses. For the
    // same reason the names are read as paths too, which a keyword is not.
    (@distinct [$dollar:tt] [$($name:ident)*] [$($path:path),*] $($impls:tt)*) => {
        #[allow(unused_macro_rules, reason = "the second rule is for the compiler only")]
        macro_rules! json_impls {
            (($dollar($dollar impls:tt)*)) => { $dollar($dollar impls)* };
            ([$($dollar $name:tt)*]) => {};
        }
        json_impls!((
            #[allow(
                deprecated,
                single_use_lifetimes,
                reason = "a field may be deprecated, and an impl may name no type of a field"
            )]
            $($impls)*
        ));
    };

    // The fields' names, in order, and their indices.
    (@names $($field:ident $json_name:tt)*) => {
        #[allow(non_camel_case_types, dead_code, reason = "one variant per field, named like it")]
        enum __JsonField { $($field),* }
        const __JSON_NAMES: &$crate::json::private::Names = &$crate::json::private::Names::new(&[
            $($crate::__json_struct!(@name $field $json_name)),*
        ]);
    };
    (@name $field:ident [..]) => { $crate::json::private::Name::REST };
    (@name $field:ident [$name:literal ..]) => {{
        $crate::__json_mistake!(@literal $name TwoNames);
        $crate::json::private::Name::REST
    }};
    (@name $field:ident [$name:literal]) => {
        $crate::__json_struct!(@text $field, $name, $crate::json::private::Case::Verbatim)
    };
    (@name $field:ident []) => {
        $crate::__json_struct!(
            @text $field, $crate::json::private::name(::core::stringify!($field)), __JSON_CASE
        )
    };
    (@text $field:ident, $name:expr, $case:expr) => {{
        const NAME: &str = $name;
        const TEXT: [u8; $crate::json::private::Name::text_len(NAME, $case)] =
            $crate::json::private::Name::text(NAME, $case, __JsonField::$field as usize == 0);
        $crate::json::private::Name::new(&TEXT)
    }};

    // A default occurs once in the expansion, so that an error in it is reported once.
    (@default [$($life:tt)*] ($struct:ty) $field:ident ($type:ty) []) => {};
    (@default [$($life:tt)*] ($struct:ty) $field:ident ($type:ty) [$default:expr]) => {
        impl $($life)* $crate::json::private::DefaultField<{ __JsonField::$field as usize }> for $struct {
            type Value = $type;

            #[inline(always)]
            fn default_field() -> $type {
                $default
            }
        }
    };

    // Reads the members of an object into a struct whose fields have values or placeholders.
    (@read $r:ident $value:ident $mode:ident $($field:ident ($type:ty) $json_name:tt $default:tt)*) => {{
        let mut __missing = [0; __JSON_NAMES.n_words()];
        $($crate::__json_struct!(@require __missing $mode $field ($type) $json_name $default);)*
        $r.fields(__JSON_NAMES, &mut __missing, &mut |__index, __r| {
            // One reference to the struct; the closure would capture one for each field.
            #[allow(unused_variables, reason = "unused in a struct without fields")]
            let __value: &mut _ = $value;
            $(if __index == __JsonField::$field as usize {
                return $crate::__json_struct!(
                    @read_field __r __value $mode $field ($type) $json_name $default
                );
            })*
            ::core::result::Result::Ok(())
        })
    }};
    (@read_field $r:ident $value:ident $mode:ident $field:ident ($type:ty) [..] $default:tt) => {
        <$type as $crate::json::private::KeepsRest>::read($r, &mut $value.$field)
    };
    (@read_field $r:ident $value:ident $mode:ident $field:ident ($type:ty) $json_name:tt [$default:expr]) => {
        if $r.null_if_next() {
            $value.$field = $crate::json::private::default_for::<{ __JsonField::$field as usize }, _>($value);
            ::core::result::Result::Ok(())
        } else {
            $crate::__json_struct!(@read_field $r $value $mode $field ($type) $json_name [])
        }
    };
    (@read_field $r:ident $value:ident owned $field:ident ($type:ty) $json_name:tt []) => {
        <$type as $crate::json::FromJson>::read_json_field($r, &mut $value.$field)
    };
    (@read_field $r:ident $value:ident borrowed $field:ident ($type:ty) $json_name:tt []) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how().read_field($r, &mut $value.$field)
    };
    // Adds a field to the set of required members.
    (@require $missing:ident $mode:ident $field:ident ($type:ty) [..] $default:tt) => {};
    (@require $missing:ident owned $field:ident ($type:ty) $json_name:tt []) => {
        <$type as $crate::json::FromJson>::require_field(&mut $missing, __JsonField::$field as usize)
    };
    (@require $missing:ident borrowed $field:ident ($type:ty) $json_name:tt []) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how().require(&mut $missing, __JsonField::$field as usize)
    };
    (@require $missing:ident $mode:ident $field:ident ($type:ty) $json_name:tt [$default:expr]) => {};
    // The value of a field until it is read.
    (@init $r:ident $mode:ident $field:ident ($type:ty) [..] []) => {
        <$type as ::core::default::Default>::default()
    };
    (@init $r:ident $mode:ident $field:ident ($type:ty) [..] $default:tt) => {{
        const _: () = <$type as $crate::json::private::mistakes::RestDefault>::REPORT;
        <$type as ::core::default::Default>::default()
    }};
    (@init $r:ident owned $field:ident ($type:ty) $json_name:tt []) => {
        <$type as $crate::json::FromJson>::init_field($r, __JSON_NAMES, __JsonField::$field as usize)?
    };
    (@init $r:ident borrowed $field:ident ($type:ty) $json_name:tt []) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how()
            .init($r, __JSON_NAMES, __JsonField::$field as usize)?
    };
    (@init $r:ident $mode:ident $field:ident ($type:ty) $name:tt [$default:expr]) => {
        <Self as $crate::json::private::DefaultField<{ __JsonField::$field as usize }>>::default_field()
    };
    // Resets a field whose member may be missing, before another object is read into the struct.
    (@reset $self:ident $mode:ident $field:ident ($type:ty) [..] $default:tt) => {
        $self.$field = <$type as ::core::default::Default>::default()
    };
    (@reset $self:ident owned $field:ident ($type:ty) $json_name:tt []) => {
        <$type as $crate::json::FromJson>::reset_field(&mut $self.$field)
    };
    (@reset $self:ident borrowed $field:ident ($type:ty) $json_name:tt []) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how().reset(&mut $self.$field)
    };
    (@reset $self:ident $mode:ident $field:ident ($type:ty) $json_name:tt [$default:expr]) => {
        $self.$field =
            <Self as $crate::json::private::DefaultField<{ __JsonField::$field as usize }>>::default_field()
    };
    (@check ($type:ty) [..]) => {};
    (@check ($type:ty) $json_name:tt) => {
        (&&$crate::json::private::Probe::<$type>::NEW).how().check()
    };
    (@placeholder $mode:ident ($type:ty) [..]) => { <$type as ::core::default::Default>::default() };
    (@placeholder $mode:ident ($type:ty) $json_name:tt) => { $crate::__json_struct!(@placeholder_field $mode ($type))? };
    (@placeholder_field owned ($type:ty)) => { <$type as $crate::json::FromJson>::placeholder_field() };
    (@placeholder_field borrowed ($type:ty)) => { (&&$crate::json::private::Probe::<$type>::NEW).how().placeholder() };

    (@write [[skip_none]] $($rest:tt)*) => { $crate::__json_struct!(@write_some $($rest)*) };
    (@write [[skip_none] $case:tt] $($rest:tt)*) => { $crate::__json_struct!(@write_some $($rest)*) };
    (@write [$case:tt [skip_none]] $($rest:tt)*) => { $crate::__json_struct!(@write_some $($rest)*) };
    (@write $words:tt $self:ident $w:ident $($field:ident $type:tt $json_name:tt)*) => {{
        if !__JSON_NAMES.opens() {
            $w.begin_object();
        }
        $($crate::__json_struct!(@write_field $self $w field $field $type $json_name);)*
        $w.end_object();
    }};
    (@write_some $self:ident $w:ident $($field:ident ($type:ty) $json_name:tt)*) => {{
        $w.begin_object();
        $(if !<$type as $crate::json::ToJson>::is_absent(&$self.$field) {
            $crate::__json_struct!(@write_field $self $w sparse_field $field ($type) $json_name);
        })*
        $w.end_object();
    }};
    (@remove_tag $field:ident ($type:ty) [..]) => {
        fn remove_tag(&mut self, __tag: &str) {
            <$type as $crate::json::private::KeepsRest>::remove_rest_tag(&mut self.$field, __tag);
        }
    };
    (@remove_tag $field:ident ($type:ty) $json_name:tt) => {};
    (@write_field $self:ident $w:ident $write:ident $field:ident ($type:ty) [..]) => {
        <$type as $crate::json::private::KeepsRest>::write(&$self.$field, $w);
    };
    (@write_field $self:ident $w:ident $write:ident $field:ident ($type:ty) $json_name:tt) => {
        $w.$write(__JSON_NAMES, __JsonField::$field as usize);
        <$type as $crate::json::ToJson>::to_json(&$self.$field, $w);
    };
}
