//! The compiler's messages about mistakes in `json_struct!`, `json_enum!` and `json!`.
//!
//! A macro cannot report an error at a token of its input: the compiler reports a `compile_error!` at the
//! call of the macro. There are two ways to report it at the token:
//! - A trait that nothing implements. The expansion imports [`Here`] under the name of the token and requires the
//!   trait for it. The message of the trait is the error (`@at`; `@literal` for a literal).
//! - A local macro that expands to `compile_error!`. A name and the brackets after it, such as `serde(...)` or
//!   `Point(u8, u8)`, become its call (`@call`).

/// The type that is imported under the name of a wrong token.
#[derive(Debug)]
pub struct Here;

/// Defines traits that nothing implements. In the texts, `{{` is one brace.
macro_rules! mistakes {
    ($($name:ident: $message:literal, $label:literal;)*) => {$(
        /// A mistake, which the message says.
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        pub trait $name {
            /// The macros read this constant, so that the compiler looks for an impl.
            const REPORT: () = ();
        }
    )*};
}

mistakes! {
    Generics:
        "json_struct! does not support generics: implement FromJson and ToJson by hand, as the documentation of FromJson shows",
        "a generic parameter";
    Lifetimes:
        "json_struct! supports one lifetime without bounds, `struct Name<'j> {{ ... }}`: implement BorrowJson and ToJson by hand for others",
        "other lifetimes or bounds";
    Where:
        "json_struct! does not support where clauses: implement FromJson and ToJson by hand, as the documentation of FromJson shows",
        "has a where clause";
    UnitStruct:
        "json_struct! does not support unit structs: write `struct Name {{}}`, which is an empty object",
        "has no fields";
    TupleWords:
        "a struct of one value is that value in JSON: it has no words and no name after `as`",
        "remove what follows its value";
    TupleSemicolon:
        "expected `;` after the struct",
        "expected `;` after this struct";
    StructInEnum:
        "expected an enum, found a struct: json_struct! defines structs",
        "a struct";
    EnumInStruct:
        "expected a struct, found an enum: json_enum! defines enums",
        "an enum";
    OtherInStruct:
        "json_struct! expects one `struct Name {{ field: Type, ... }}`",
        "expected `struct` before this name";
    OtherInEnum:
        "json_enum! expects one `enum Name {{ Variant, ... }}`",
        "expected `enum` before this name";
    StructBody:
        "json_struct! expects one `struct Name {{ field: Type, ... }}`: `as` and words may follow the name, and nothing follows the `}}`",
        "expected `{{` or `as` after this name, and nothing after the `}}`";
    EnumBody:
        "json_enum! expects one `enum Name {{ Variant, ... }}`: `as`, a tag in quotes and words may follow the name, and nothing follows the `}}`",
        "expected `{{` or `as` after this name, and nothing after the `}}`";
    StructWord:
        "unknown word after the struct's name: there are `camelCase`, `PascalCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`, `lowercase`, `UPPERCASE` and `skip_none`",
        "no such word";
    EnumWord:
        "unknown word after the enum's name: there are a tag in quotes, `camelCase`, `PascalCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`, `lowercase` and `UPPERCASE`",
        "no such word";
    QuotedWord:
        "expected a word without quotes after the name: `as camelCase`",
        "write it without quotes";
    TwoCases:
        "expected at most one case after the name, and `skip_none` in json_struct!, found another word",
        "one word too many";
    WordComma:
        "expected `,` between the words after the name: `as camelCase, skip_none`",
        "expected `,` before this word";
    TagFirst:
        "the tag comes before the words: `enum Name as \"type\", camelCase`",
        "write it first";
    FieldType:
        "expected `:` and a type after the field's name: `name: Type`",
        "expected `: Type` after this name";
    FieldColon:
        "expected `:` after the field's name: `name: Type`",
        "expected `:` after this name";
    FieldEnd:
        "expected `,`, `as \"name\"` or `= default` after the field's type",
        "after the type of this field";
    DefaultEnd:
        "expected `,` after the field's default",
        "after the default of this field";
    FieldName:
        "expected a field's name without quotes: `name: Type as \"Name\"` sets its name in JSON",
        "write a name without quotes";
    DefaultMissing:
        "expected a default after `=`",
        "the default of this field is missing";
    FieldVisibility:
        "write the visibility before the field's name: `pub name: Type`",
        "its visibility is after the colon";
    NameEnd:
        "expected `,` or `= default` after the field's name in JSON",
        "after the name of this field in JSON";
    FieldWord:
        "expected only a visibility before the field's name, found another word",
        "remove the word before this name";
    NameAfterDefault:
        "write the name before the default: `size: u32 as \"Size\" = 1`",
        "after a default";
    NameQuotes:
        "expected a name in quotes or `..` after `as`: `size: u32 as \"Size\"`",
        "the name of this field";
    TwoNames:
        "expected one name after `as`, found another",
        "has two names";
    EnumGenerics:
        "json_enum! does not support generics: implement FromJson and ToJson by hand, as the documentation of FromJson shows",
        "has generic parameters";
    Discriminant:
        "json_enum! does not support discriminants: a variant is written as its name",
        "has a discriminant";
    VariantQuotes:
        "expected a name in quotes or `..` after `as`: `Open as \"OPEN\"`",
        "the name of this variant";
    VariantVisibility:
        "expected a variant without a visibility: variants are as public as their enum",
        "remove the visibility";
    VariantName:
        "expected a variant's name without quotes: `Open as \"OPEN\"` sets its name in JSON",
        "write a name without quotes";
    ValueAfterName:
        "write the value before the name: `Paid(u32) as \"PAID\"`",
        "its value is after its name";
    VariantEnd:
        "expected `,` or `as \"name\"` after the variant",
        "after this variant";
    OtherWithoutValue:
        "a variant `as ..` needs a type for its value: `Other(String) as ..`",
        "expected a type in parentheses";
    EmptyEnum:
        "json_enum! expects a variant: `enum Name {{ Variant }}`",
        "has no variants";
    RestDefault:
        "a field `as ..` has no default: it is empty if there are no other members",
        "remove the default";
    JsonOneValue:
        "json! expects one value, found more after it",
        "expected nothing after this value";
    JsonComma:
        "json! expects `,` after the value of a member",
        "expected `,` after the value of this member";
    JsonElementComma:
        "json! expects `,` between elements",
        "expected `,` after this element";
    JsonColon:
        "json! expects `:` and a value after the name of a member; a name that is an expression is in parentheses: `(name()): 1`",
        "expected `:` after this name";
    JsonValue:
        "json! expects a value after `:`",
        "the value of this member is missing";
}

/// Reports the mistakes. `json_struct!` and `json_enum!` always call the rules `@attributes`; they call `@struct`
/// and `@enum` with a definition that they could not read. These rules find the first mistake in it, and define
/// the type with what they could read, so that its uses are not errors too.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_mistake {
    // Attributes of serde are mistakes, unless the type derives serde's traits.
    (@attributes $macro:ident [$(#[doc = $doc:tt])*] $(#[doc = $other:tt])*) => {};
    (@attributes $macro:ident [$($attributes:tt)*] $($others:tt)*) => {
        $crate::__json_mistake!(@derives $macro [$($attributes)*] [$($attributes)* $($others)*]);
    };
    (@derives $macro:ident [$(#[doc = $doc:tt])*] [$(#[$($attribute:tt)*])*]) => {
        $($crate::__json_mistake!(@attribute $macro [$($attribute)*] $($attribute)*);)*
    };
    (@derives $macro:ident [$(#[doc = $doc:tt])* #[derive($($path:tt)*)] $($rest:tt)*] $all:tt) => {
        $crate::__json_mistake!(@derive $macro [$($path)*] [$($rest)*] $all);
    };
    (@derives $macro:ident [#[$($attribute:tt)*] $($rest:tt)*] $all:tt) => {
        $crate::__json_mistake!(@derives $macro [$($rest)*] $all);
    };
    (@derive $macro:ident [] $rest:tt $all:tt) => {
        $crate::__json_mistake!(@derives $macro $rest $all);
    };
    (@derive $macro:ident [Serialize $($path:tt)*] $rest:tt $all:tt) => {};
    (@derive $macro:ident [Deserialize $($path:tt)*] $rest:tt $all:tt) => {};
    (@derive $macro:ident [$token:tt $($path:tt)*] $rest:tt $all:tt) => {
        $crate::__json_mistake!(@derive $macro [$($path)*] $rest $all);
    };
    (@attribute $macro:ident [serde $arguments:tt] $serde:tt $same:tt) => {
        $crate::__json_mistake!(@serde $macro $serde $arguments $arguments);
    };
    (@attribute $macro:ident $($other:tt)*) => {};
    (@serde json_struct $serde:tt $at:tt (rename $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! does not read serde attributes: write the name after the type, `size: u32 as \"Size\"`");
    };
    (@serde json_enum $serde:tt $at:tt (rename $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_enum! does not read serde attributes: write the name after the variant, `Open as \"OPEN\"`");
    };
    (@serde $macro:ident $serde:tt $at:tt (rename_all $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! and json_enum! do not read serde attributes: write the case after the type's name, `as camelCase`");
    };
    (@serde $macro:ident $serde:tt $at:tt (default $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! does not read serde attributes: write the default after the type, `size: u32 = 1`");
    };
    (@serde $macro:ident $serde:tt $at:tt (skip_serializing_if $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! does not read serde attributes: the word `skip_none` leaves out each `None`, `struct Name as skip_none`");
    };
    (@serde $macro:ident $serde:tt $at:tt (flatten $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! does not read serde attributes: a last field `rest: Object as ..` keeps the members that no other field has");
    };
    (@serde $macro:ident $serde:tt $at:tt (transparent $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! does not read serde attributes: a struct such as `struct Id(String);` is written as its value");
    };
    (@serde $macro:ident $serde:tt $at:tt (tag $($rest:tt)*)) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_enum! does not read serde attributes: write the tag after the name, `enum Name as \"type\"`");
    };
    (@serde $macro:ident $serde:tt $at:tt $arguments:tt) => {
        $crate::__json_mistake!(@call [$] $serde $at "json_struct! and json_enum! do not read serde attributes: their documentation lists what they have; implement FromJson and ToJson by hand for the rest");
    };

    // The ways to report a mistake at a token. A rule that reads on may follow.
    (@at $token:tt $mistake:ident $(; $($next:tt)*)?) => {
        const _: () = {
            use $crate::json::private::mistakes::Here as $token;
            <$token as $crate::json::private::mistakes::$mistake>::REPORT
        };
        $($crate::__json_mistake!($($next)*);)?
    };
    (@literal $token:literal $mistake:ident $(; $($next:tt)*)?) => {
        const _: () = {
            #[allow(dead_code, reason = "for the compiler only")]
            fn report() {
                fn at<T: $crate::json::private::mistakes::$mistake>(_: T) {}
                at($token)
            }
        };
        $($crate::__json_mistake!($($next)*);)?
    };
    (@call [$dollar:tt] $name:tt $brackets:tt $message:literal $(; $($next:tt)*)?) => {
        const _: () = {
            macro_rules! $name { ($dollar($dollar token:tt)*) => { ::core::compile_error!($message); } }
            $name ! $brackets;
        };
        $($crate::__json_mistake!($($next)*);)?
    };

    // A struct that `json_struct!` could not read. Names are read as `tt`: an `ident` would lose its place.
    (@struct $(#[$($attribute:tt)*])* $vis:vis struct $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@head [$(#[$($attribute)*])* $vis struct $name] $name $($rest)*);
    };
    (@struct $(#[$($attribute:tt)*])* $vis:vis enum $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name EnumInStruct);
    };
    (@struct $($other:tt)*) => { $crate::__json_mistake!(@other struct OtherInStruct $($other)*); };
    // Skips attributes and a visibility.
    (@other $item:tt $mistake:ident #[$($attribute:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@$item $($rest)*);
    };
    (@other $item:tt $mistake:ident pub $(($($path:tt)*))? pub $($rest:tt)*) => {
        ::core::compile_error!("expected one visibility, found two");
    };
    (@other $item:tt $mistake:ident pub ($($path:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@$item $($rest)*);
    };
    (@other $item:tt $mistake:ident pub $($rest:tt)*) => { $crate::__json_mistake!(@$item $($rest)*); };
    (@other $item:tt $mistake:ident $word:tt $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@name $mistake [$word $name] $word $name);
    };
    (@other struct $($other:tt)*) => {
        ::core::compile_error!("json_struct! expects one `struct Name { field: Type, ... }`");
    };
    (@other enum $($other:tt)*) => {
        ::core::compile_error!("json_enum! expects one `enum Name { Variant, ... }`");
    };
    // A name after a word that is not `struct` or `enum`, or a name alone.
    (@name $mistake:ident [$word:tt $name:tt] $same:tt $ident:ident) => {
        $crate::__json_mistake!(@at $name $mistake);
    };
    (@name $mistake:ident [$word:tt $name:tt] $ident:ident $same:tt) => {
        $crate::__json_mistake!(@at $word $mistake);
    };
    (@name $mistake:ident $words:tt $($other:tt)*) => {
        ::core::compile_error!("expected `struct Name { field: Type, ... }` or `enum Name { Variant, ... }`");
    };

    (@head [$($head:tt)*] $name:tt ;) => {
        $crate::__json_mistake!(@at $name UnitStruct; @define [$($head)*;] $name);
    };
    (@head [$($head:tt)*] $name:tt ($($types:tt)*)) => {
        $crate::__json_mistake!(@at $name TupleSemicolon; @define [$($head)* ($($types)*);] $name);
    };
    (@head [$($head:tt)*] $name:tt ($($types:tt)*) where $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Where; @define [$($head)* ($($types)*);] $name);
    };
    (@head [$($head:tt)*] $name:tt ($($types:tt)*) as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name TupleWords; @define [$($head)* ($($types)*);] $name);
    };
    (@head [$($head:tt)*] $name:tt $types:tt ;) => {
        $crate::__json_mistake!(@tuple $name $types);
        $crate::__json_mistake!(@define [$($head)* $types;] $name);
    };
    (@head $head:tt $name:tt < const $parameter:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $parameter Generics; @generics $head [< const] $parameter $($rest)*);
    };
    (@head $head:tt $name:tt < $life:lifetime, $parameter:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Generics; @generics $head [< $life,] $parameter $($rest)*);
    };
    (@head $head:tt $name:tt < $life:lifetime $($rest:tt)*) => {
        $crate::__json_mistake!(@lifetime $head $name $life $($rest)*);
    };
    (@head $head:tt $name:tt < > $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Generics; @generics $head [] $($rest)*);
    };
    (@head $head:tt $name:tt < $parameter:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $parameter Generics; @generics $head [<] $parameter $($rest)*);
    };
    (@head $head:tt $name:tt where $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Where; @generics $head [where] $($rest)*);
    };
    (@head $head:tt $name:tt $(as $($($word:tt)-+),+)? {$($fields:tt)*}) => {
        $crate::__json_mistake!(@fields [$head $name] [] $($fields)*);
    };
    (@head $head:tt $name:tt as $($($word:tt)-+),+ as $next:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name WordComma);
    };
    (@head $head:tt $name:tt as $word:tt $next:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name WordComma);
    };
    (@head $head:tt $name:tt $($other:tt)*) => { $crate::__json_mistake!(@at $name StructBody); };
    (@tuple $name:tt $types:tt) => {
        $crate::__json_mistake!(@call [$] $name $types "json_struct! supports tuple structs of one value only: name the fields, `struct Name { x: u8, y: u8 }`");
    };
    (@lifetime $head:tt $name:tt $life:lifetime > where $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Where; @generics $head [< $life > where] $($rest)*);
    };
    (@lifetime [$($head:tt)*] $name:tt $life:lifetime > $types:tt;) => {
        $crate::__json_mistake!(@tuple $name $types);
        $($head)* <$life> $types;
    };
    // The mistake is in the fields.
    (@lifetime [$($head:tt)*] $name:tt $life:lifetime > $(as $($($word:tt)-+),+)? {$($fields:tt)*}) => {
        $crate::__json_mistake!(@fields [[$($head)* <$life>]] [] $($fields)*);
    };
    (@lifetime $head:tt $name:tt $life:lifetime > $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name StructBody);
    };
    (@lifetime $head:tt $name:tt $life:lifetime $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Lifetimes; @generics $head [< $life] $($rest)*);
    };
    // Reads the generic parameters up to the fields.
    (@generics [$($head:tt)*] [$($generics:tt)*] {$($fields:tt)*}) => {
        $crate::__json_mistake!(@fields [[$($head)* $($generics)*]] [] $($fields)*);
    };
    (@generics $head:tt $generics:tt as $($($word:tt)-+),+ {$($fields:tt)*}) => {
        $crate::__json_mistake!(@generics $head $generics {$($fields)*});
    };
    (@generics [$($head:tt)*] [$($generics:tt)*];) => { $($head)* $($generics)*; };
    (@generics $head:tt [$($generics:tt)*] $next:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@generics $head [$($generics)* $next] $($rest)*);
    };
    (@generics $head:tt $generics:tt) => {};

    // The fields, one by one. Those that could be read are in the second list, and the type in the first.
    (@fields [[$($head:tt)*] $($name:tt)?] [$($done:tt)*]) => {
        $crate::__json_mistake!(@define [$($head)* {$($done)*}] $($name)?);
    };
    (
        @fields $to:tt [$($done:tt)*]
        $(#[$($attribute:tt)*])* $vis:vis $field:ident : $type:ty
        $(as $json_name:literal)? $(as .. $($never:lifetime)?)? $(= $default:expr)? $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@fields $to [$($done)* $(#[$($attribute)*])* $vis $field: $type,] $($($rest)*)?);
    };
    (@fields $to:tt $done:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@field $to $done [] $($rest)*);
    };

    // The field with a mistake: first its attributes and its visibility, then the rest.
    (@field $to:tt $done:tt [$($before:tt)*] #[$($attribute:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@field $to $done [$($before)* #[$($attribute)*]] $($rest)*);
    };
    (@field $to:tt $done:tt [$($before:tt)*] pub pub $field:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldWord; @fields $to $done $($before)* pub $field $($rest)*);
    };
    (@field $to:tt $done:tt [$($before:tt)*] pub ($($path:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@field $to $done [$($before)* pub ($($path)*)] $($rest)*);
    };
    (@field $to:tt $done:tt [$($before:tt)*] pub $($rest:tt)*) => {
        $crate::__json_mistake!(@field $to $done [$($before)* pub] $($rest)*);
    };
    (@field $to:tt $done:tt $before:tt $field:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@literal $field FieldName; @fields $to $done);
    };
    // The name in JSON is wrong.
    (
        @field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        as $json_name:literal as $other:literal $(= $default:tt)? $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@literal $other TwoNames; @fields $to [$($done)* $($before)* $field: $type,] $($($rest)*)?);
    };
    (@field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty as $json_name:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field NameEnd; @fields $to [$($done)* $($before)* $field: $type,]);
    };
    (
        @field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        as $other:tt $(= $default:tt)? $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $field NameQuotes; @fields $to [$($done)* $($before)* $field: $type,] $($($rest)*)?);
    };
    (@field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field NameQuotes; @fields $to [$($done)* $($before)* $field: $type,]);
    };
    (
        @field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        $(as $json_name:literal)? = $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $field DefaultMissing; @fields $to [$($done)* $($before)* $field: $type,] $($($rest)*)?);
    };
    (@field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty = $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field DefaultEnd; @fields $to [$($done)* $($before)* $field: $type,]);
    };
    // The type is missing.
    (@field $to:tt $done:tt $before:tt , $($rest:tt)*) => {
        ::core::compile_error!("json_struct! expects a field, `name: Type`, found `,`");
        $crate::__json_mistake!(@fields $to $done $($rest)*);
    };
    (@field $to:tt $done:tt $before:tt .. $($rest:tt)*) => {
        ::core::compile_error!("json_struct! expects a field, `name: Type`, found `..`");
        $crate::__json_mistake!(@fields $to $done);
    };
    (@field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt $(: $($never:lifetime)?)? $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $field FieldType; @fields $to [$($done)* $($before)* $field: (),] $($($rest)*)?);
    };
    (@field $to:tt $done:tt $before:tt $field:tt $(:)? as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType; @fields $to $done);
    };
    (@field $to:tt $done:tt $before:tt $field:tt $(:)? = $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType; @fields $to $done);
    };
    (@field $to:tt $done:tt $before:tt $field:tt : pub $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldVisibility; @fields $to $done $field : $($rest)*);
    };
    (@field $to:tt $done:tt $before:tt $field:tt : $type:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType; @fields $to $done);
    };
    // Something other than a comma follows.
    (@field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:tt $next:tt : $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldEnd; @fields $to [$($done)* $($before)* $field: $type,] $next : $($rest)*);
    };
    (@field $to:tt $done:tt $before:tt $field:tt : $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldEnd; @fields $to $done);
    };
    (@field $to:tt $done:tt $before:tt $word:ident $field:tt : $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldWord; @fields $to $done $field : $($rest)*);
    };
    (@field $to:tt [$($done:tt)*] [$($before:tt)*] $field:tt $type:ident $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $field FieldColon; @fields $to [$($done)* $($before)* $field: $type,] $($($rest)*)?);
    };
    (@field $to:tt $done:tt $before:tt $field:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldColon; @fields $to $done);
    };
    (@field $to:tt $done:tt $before:tt) => {
        ::core::compile_error!("json_struct! expects a field, `name: Type`, after its attributes");
        $crate::__json_mistake!(@fields $to $done);
    };

    // Defines the type, with impls that never run.
    (@define [$($type:tt)*]) => {
        #[allow(dead_code, reason = "its definition has a mistake")]
        $($type)*
    };
    (@define [$($type:tt)*] $name:tt) => {
        #[allow(dead_code, reason = "its definition has a mistake")]
        $($type)*

        impl $crate::json::FromJson for $name {
            fn from_json(
                r: &mut $crate::json::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::json::Error> {
                ::core::result::Result::Err(r.error_expected(""))
            }
        }
        impl $crate::json::ToJson for $name {
            fn to_json(&self, _: &mut $crate::json::Writer) {}
        }
    };

    // An enum that `json_enum!` could not read.
    (@enum $(#[$($attribute:tt)*])* $vis:vis enum $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@enum_head [$(#[$($attribute)*])* $vis enum $name] $name $($rest)*);
    };
    (@enum $(#[$($attribute:tt)*])* $vis:vis struct $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name StructInEnum);
    };
    (@enum $($other:tt)*) => { $crate::__json_mistake!(@other enum OtherInEnum $($other)*); };
    (@enum_head $head:tt $name:tt $(as $($($word:tt)-+),+)? {}) => {
        $crate::__json_mistake!(@at $name EmptyEnum; @variants [$head $name] []);
    };
    // A word may be a tag in quotes too.
    (@enum_head $head:tt $name:tt $(as $($($word:tt)-+),+)? {$($variants:tt)*}) => {
        $crate::__json_mistake!(@variants [$head $name] [] $($variants)*);
    };
    (@enum_head $head:tt $name:tt as $($($word:tt)-+),+ as $next:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name WordComma);
    };
    (@enum_head $head:tt $name:tt as $word:tt $next:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name WordComma);
    };
    (@enum_head $head:tt $name:tt < $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name EnumGenerics);
    };
    (@enum_head $head:tt $name:tt where $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name EnumGenerics);
    };
    (@enum_head $head:tt $name:tt $($other:tt)*) => {
        $crate::__json_mistake!(@at $name EnumBody);
    };

    (@variants [[$($head:tt)*] $name:tt] [$($done:tt)*]) => {
        $crate::__json_mistake!(@define [$($head)* {$($done)*}] $name);
    };
    (
        @variants $to:tt [$($done:tt)*] $(#[$($attribute:tt)*])*
        $variant:ident $(($type:ty) $(as .. $($never:lifetime)?)?)? $(as $json_name:literal)?
        $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@variants $to [$($done)* $(#[$($attribute)*])* $variant $(($type))?,] $($($rest)*)?);
    };
    (@variants $to:tt $done:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@variant $to $done $($rest)*);
    };

    // The variant with a mistake.
    (@variant $to:tt $done:tt #[$($attribute:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@variant $to $done $($rest)*);
    };
    (@variant $to:tt $done:tt pub ($($path:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@variant $to $done pub $($rest)*);
    };
    (@variant $to:tt $done:tt pub $variant:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantVisibility; @variants $to $done $variant $($rest)*);
    };
    (@variant $to:tt $done:tt $variant:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@literal $variant VariantName; @variants $to $done);
    };
    (@variant $to:tt $done:tt , $($rest:tt)*) => {
        ::core::compile_error!("json_enum! expects a variant, found `,`");
        $crate::__json_mistake!(@variants $to $done $($rest)*);
    };
    (
        @variant $to:tt [$($done:tt)*] $variant:tt $(($type:ty))?
        as $json_name:literal as $other:literal $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@literal $other TwoNames; @variants $to [$($done)* $variant $(($type))?,] $($($rest)*)?);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt $(as $json_name:literal)? = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $variant Discriminant; @variants $to [$($done)* $variant,] $($($rest)*)?);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt as .. $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $variant OtherWithoutValue; @variants $to [$($done)* $variant,] $($($rest)*)?);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt as $other:tt $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $variant VariantQuotes; @variants $to [$($done)* $variant,] $($($rest)*)?);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt ($type:ty) as $other:tt $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $variant VariantQuotes; @variants $to [$($done)* $variant ($type),] $($($rest)*)?);
    };
    (@variant $to:tt $done:tt $variant:tt $value:tt $(as $json_name:literal)? $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@value $to $done $variant $value $value $($($rest)*)?);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt as $json_name:literal ($($types:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant ValueAfterName; @variants $to [$($done)* $variant ($($types)*),]);
    };
    // Two variants without a comma.
    (@variant $to:tt [$($done:tt)*] $variant:tt as $json_name:literal $next:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd; @variants $to [$($done)* $variant,] $next $($rest)*);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt ($type:ty) $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd; @variants $to [$($done)* $variant ($type),]);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd; @variants $to [$($done)* $variant,]);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt $next:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd; @variants $to [$($done)* $variant,] $next $($rest)*);
    };
    (@variant $to:tt [$($done:tt)*] $variant:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd; @variants $to [$($done)* $variant,]);
    };
    (@variant $to:tt $done:tt) => {
        ::core::compile_error!("json_enum! expects a variant after its attributes");
        $crate::__json_mistake!(@variants $to $done);
    };
    (@value $to:tt [$($done:tt)*] $variant:tt $at:tt {$($fields:tt)*} $($rest:tt)*) => {
        $crate::__json_mistake!(@call [$] $variant $at "json_enum! does not support variants with named fields: give the variant a struct that json_struct! defines, `Card(Card)`"; @variants $to [$($done)* $variant $at,] $($rest)*);
    };
    (@value $to:tt [$($done:tt)*] $variant:tt $at:tt () $($rest:tt)*) => {
        $crate::__json_mistake!(@call [$] $variant $at "expected a type in the parentheses: a variant without a value has none"; @variants $to [$($done)* $variant $at,] $($rest)*);
    };
    (@value $to:tt [$($done:tt)*] $variant:tt $at:tt ($($types:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@call [$] $variant $at "json_enum! supports variants without a value or with one: use a tuple, `Point((u8, u8))`, or a struct"; @variants $to [$($done)* $variant $at,] $($rest)*);
    };
    (@value $to:tt [$($done:tt)*] $variant:tt $at:tt $next:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd; @variants $to [$($done)* $variant,]);
    };
}
