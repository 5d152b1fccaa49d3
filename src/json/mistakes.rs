//! What the compiler says about wrong `json_struct!`s, `json_enum!`s and `json!`s.
//!
//! A macro cannot report an error at a token of its input: the compiler reports a `compile_error!` at the
//! call of the macro. Two ways lead to the token:
//! - A trait that nothing implements. The expansion gives [`Here`] the token as its name and asks for the trait,
//!   whose message is the error (`@at`; `@literal` for a literal).
//! - A name and the brackets after it, such as `serde(...)` or `Point(u8, u8)`, become the call of a local macro that
//!   is a `compile_error!` (`@call`).

/// The type whose name is the token of a mistake.
#[derive(Debug)]
pub struct Here;

/// Defines traits that nothing implements. In the texts, `{{` is one brace.
macro_rules! mistakes {
    ($($name:ident: $message:literal, $label:literal;)*) => {$(
        /// A mistake, which the message says.
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        pub trait $name {
            /// Is read by the macros, so that the compiler looks for the trait.
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

/// Reports the mistakes. `json_struct!` and `json_enum!` always call the rules `@case` and `@attributes`; they
/// call `@struct` and `@enum` with a definition that they could not read. These rules find the first mistake in
/// it, and define the type with what they could read, so that its uses are not errors too.
#[doc(hidden)]
#[macro_export]
macro_rules! __json_mistake {
    // The case that the words name.
    (@case $macro:ident) => { $crate::json::private::Case::Verbatim };
    (@case $macro:ident [camelCase]) => { $crate::json::private::Case::Camel };
    (@case $macro:ident [PascalCase]) => { $crate::json::private::Case::Pascal };
    (@case $macro:ident [snake_case]) => { $crate::json::private::Case::Snake };
    (@case $macro:ident [SCREAMING_SNAKE_CASE]) => { $crate::json::private::Case::ScreamingSnake };
    (@case $macro:ident [kebab-case]) => { $crate::json::private::Case::Kebab };
    (@case $macro:ident [SCREAMING-KEBAB-CASE]) => { $crate::json::private::Case::ScreamingKebab };
    (@case $macro:ident [lowercase]) => { $crate::json::private::Case::Lower };
    (@case $macro:ident [UPPERCASE]) => { $crate::json::private::Case::Upper };
    (@case json_struct [skip_none]) => { $crate::json::private::Case::Verbatim };
    (@case json_struct [skip_none] [skip_none]) => {
        ::core::compile_error!("the word `skip_none` occurs twice")
    };
    (@case json_struct [skip_none] $case:tt) => { $crate::__json_mistake!(@case json_struct $case) };
    (@case json_struct $case:tt [skip_none]) => { $crate::__json_mistake!(@case json_struct $case) };
    (@case json_struct [$word:tt $($more:tt)*]) => { $crate::__json_mistake!(@word $word StructWord) };
    (@case json_enum [$word:tt $($more:tt)*]) => { $crate::__json_mistake!(@word $word EnumWord) };
    (@case json_struct $case:tt [skip_none] [$word:tt $($more:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@word $word TwoCases)
    };
    (@case json_enum $case:tt [$word:literal] $($rest:tt)*) => {
        $crate::__json_mistake!(@word $word EnumWord)
    };
    (@case $macro:ident $case:tt [$word:tt $($more:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@word $word TwoCases)
    };
    (@word $word:literal EnumWord) => {{
        $crate::__json_mistake!(@literal $word TagFirst);
        $crate::json::private::Case::Verbatim
    }};
    (@word $word:literal $mistake:ident) => {{
        $crate::__json_mistake!(@literal $word QuotedWord);
        $crate::json::private::Case::Verbatim
    }};
    (@word $word:tt $mistake:ident) => {{
        $crate::__json_mistake!(@at $word $mistake);
        $crate::json::private::Case::Verbatim
    }};

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

    // The ways to report a mistake at a token.
    (@at $token:tt $mistake:ident) => {
        const _: () = {
            use $crate::json::private::mistakes::Here as $token;
            <$token as $crate::json::private::mistakes::$mistake>::REPORT
        };
    };
    (@literal $token:literal $mistake:ident) => {
        const _: () = {
            #[allow(dead_code, reason = "for the compiler only")]
            fn report() {
                fn at<T: $crate::json::private::mistakes::$mistake>(_: T) {}
                at($token)
            }
        };
    };
    (@call [$dollar:tt] $name:tt $brackets:tt $message:literal) => {
        const _: () = {
            macro_rules! $name { ($dollar($dollar token:tt)*) => { ::core::compile_error!($message); } }
            $name ! $brackets;
        };
    };

    // A struct that `json_struct!` could not read. Names are read as `tt`: an `ident` would lose its place.
    (@struct $(#[$($attribute:tt)*])* $vis:vis struct $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@head [$(#[$($attribute)*])* $vis struct $name] $name $($rest)*);
    };
    (@struct $(#[$($attribute:tt)*])* $vis:vis enum $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name EnumInStruct);
    };
    (@struct #[$($attribute:tt)*] $($rest:tt)*) => { $crate::__json_mistake!(@struct $($rest)*); };
    (@struct pub pub $($rest:tt)*) => { ::core::compile_error!("expected one visibility, found two"); };
    (@struct pub ($($path:tt)*) pub $($rest:tt)*) => { $crate::__json_mistake!(@struct pub pub); };
    (@struct pub ($($path:tt)*) $($rest:tt)*) => { $crate::__json_mistake!(@struct $($rest)*); };
    (@struct pub $($rest:tt)*) => { $crate::__json_mistake!(@struct $($rest)*); };
    (@struct $word:tt $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@other OtherInStruct [$word $name] $word $name);
    };
    (@struct $($other:tt)*) => {
        ::core::compile_error!("json_struct! expects one `struct Name { field: Type, ... }`");
    };
    // A name after a word that is not `struct` or `enum`, or a name alone.
    (@other $mistake:ident [$word:tt $name:tt] $same:tt $ident:ident) => {
        $crate::__json_mistake!(@at $name $mistake);
    };
    (@other $mistake:ident [$word:tt $name:tt] $ident:ident $same:tt) => {
        $crate::__json_mistake!(@at $word $mistake);
    };
    (@other $mistake:ident $words:tt $($other:tt)*) => {
        ::core::compile_error!("expected `struct Name { field: Type, ... }` or `enum Name { Variant, ... }`");
    };

    (@head [$($head:tt)*] $name:tt ;) => {
        $crate::__json_mistake!(@at $name UnitStruct);
        $crate::__json_mistake!(@define [$($head)*;] $name);
    };
    (@head [$($head:tt)*] $name:tt ($($types:tt)*)) => {
        $crate::__json_mistake!(@at $name TupleSemicolon);
        $crate::__json_mistake!(@define [$($head)* ($($types)*);] $name);
    };
    (@head [$($head:tt)*] $name:tt ($($types:tt)*) where $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Where);
        $crate::__json_mistake!(@define [$($head)* ($($types)*);] $name);
    };
    (@head [$($head:tt)*] $name:tt ($($types:tt)*) as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name TupleWords);
        $crate::__json_mistake!(@define [$($head)* ($($types)*);] $name);
    };
    (@head [$($head:tt)*] $name:tt $types:tt ;) => {
        $crate::__json_mistake!(@tuple $name $types);
        $crate::__json_mistake!(@define [$($head)* $types;] $name);
    };
    (@head $head:tt $name:tt < const $parameter:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $parameter Generics);
        $crate::__json_mistake!(@generics $head [< const] $parameter $($rest)*);
    };
    (@head $head:tt $name:tt < $life:lifetime, $parameter:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Generics);
        $crate::__json_mistake!(@generics $head [< $life,] $parameter $($rest)*);
    };
    (@head $head:tt $name:tt < $life:lifetime $($rest:tt)*) => {
        $crate::__json_mistake!(@lifetime $head $name $life $($rest)*);
    };
    (@head $head:tt $name:tt < > $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Generics);
        $crate::__json_mistake!(@generics $head [] $($rest)*);
    };
    (@head $head:tt $name:tt < $parameter:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $parameter Generics);
        $crate::__json_mistake!(@generics $head [<] $parameter $($rest)*);
    };
    (@head $head:tt $name:tt where $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Where);
        $crate::__json_mistake!(@generics $head [where] $($rest)*);
    };
    (@head $head:tt $name:tt $(as $($($word:tt)-+),+)? {$($fields:tt)*}) => {
        $crate::__json_mistake!(@fields $head [$name] [] $($fields)*);
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
        $crate::__json_mistake!(@at $name Where);
        $crate::__json_mistake!(@generics $head [< $life > where] $($rest)*);
    };
    (@lifetime [$($head:tt)*] $name:tt $life:lifetime > $types:tt;) => {
        $crate::__json_mistake!(@tuple $name $types);
        $($head)* <$life> $types;
    };
    // The mistake is in the fields.
    (
        @lifetime [$($head:tt)*] $name:tt $life:lifetime > $(as $($($word:tt)-+),+)?
        {$($fields:tt)*}
    ) => {
        $crate::__json_mistake!(@fields [$($head)* <$life>] [] [] $($fields)*);
    };
    (@lifetime $head:tt $name:tt $life:lifetime > $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name StructBody);
    };
    (@lifetime $head:tt $name:tt $life:lifetime $($rest:tt)*) => {
        $crate::__json_mistake!(@at $name Lifetimes);
        $crate::__json_mistake!(@generics $head [< $life] $($rest)*);
    };
    // Reads the generic parameters up to the fields.
    (@generics [$($head:tt)*] [$($generics:tt)*] {$($fields:tt)*}) => {
        $crate::__json_mistake!(@fields [$($head)* $($generics)*] [] [] $($fields)*);
    };
    (@generics $head:tt $generics:tt as $($($word:tt)-+),+ {$($fields:tt)*}) => {
        $crate::__json_mistake!(@generics $head $generics {$($fields)*});
    };
    (@generics [$($head:tt)*] [$($generics:tt)*];) => { $($head)* $($generics)*; };
    (@generics $head:tt [$($generics:tt)*] $next:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@generics $head [$($generics)* $next] $($rest)*);
    };
    (@generics $head:tt $generics:tt) => {};

    // The fields, one by one. Those that could be read are in the third list.
    (@fields [$($head:tt)*] [$($name:tt)?] [$($done:tt)*]) => {
        $crate::__json_mistake!(@define [$($head)* {$($done)*}] $($name)?);
    };
    (
        @fields $head:tt $name:tt [$($done:tt)*]
        $(#[$($attribute:tt)*])* $vis:vis $field:ident : $type:ty
        $(as $json_name:literal)? $(as .. $($never:lifetime)?)? $(= $default:literal)?
        $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(
            @fields $head $name [$($done)* $(#[$($attribute)*])* $vis $field: $type,] $($($rest)*)?
        );
    };
    (
        @fields $head:tt $name:tt [$($done:tt)*]
        $(#[$($attribute:tt)*])* $vis:vis $field:ident : $type:ty
        $(as $json_name:literal)? = $default:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(
            @fields $head $name [$($done)* $(#[$($attribute)*])* $vis $field: $type,] $($($rest)*)?
        );
    };
    (@fields $head:tt $name:tt $done:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@field $head $name $done [] $($rest)*);
    };

    // The field with a mistake: first its attributes and its visibility, then the rest.
    (@field $head:tt $name:tt $done:tt [$($before:tt)*] #[$($attribute:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@field $head $name $done [$($before)* #[$($attribute)*]] $($rest)*);
    };
    (@field $head:tt $name:tt $done:tt [$($before:tt)*] pub pub $field:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldWord);
        $crate::__json_mistake!(@fields $head $name $done $($before)* pub $field $($rest)*);
    };
    (@field $head:tt $name:tt $done:tt [$($before:tt)*] pub ($($path:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@field $head $name $done [$($before)* pub ($($path)*)] $($rest)*);
    };
    (@field $head:tt $name:tt $done:tt [$($before:tt)*] pub $($rest:tt)*) => {
        $crate::__json_mistake!(@field $head $name $done [$($before)* pub] $($rest)*);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@literal $field FieldName);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    // The name in JSON is wrong.
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        as $json_name:literal as $other:literal $(= $default:tt)? $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@literal $other TwoNames);
        $crate::__json_mistake!(
            @fields $head $name [$($done)* $($before)* $field: $type,] $($($rest)*)?
        );
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        as $json_name:literal $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $field NameEnd);
        $crate::__json_mistake!(@fields $head $name [$($done)* $($before)* $field: $type,]);
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        as $other:tt $(= $default:tt)? $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $field NameQuotes);
        $crate::__json_mistake!(
            @fields $head $name [$($done)* $($before)* $field: $type,] $($($rest)*)?
        );
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        as $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $field NameQuotes);
        $crate::__json_mistake!(@fields $head $name [$($done)* $($before)* $field: $type,]);
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        $(as $json_name:literal)? = $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $field DefaultMissing);
        $crate::__json_mistake!(@fields $head $name [$($done)* $($before)* $field: $type,] $($($rest)*)?);
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:ty
        = $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $field DefaultEnd);
        $crate::__json_mistake!(@fields $head $name [$($done)* $($before)* $field: $type,]);
    };
    // The type is missing.
    (@field $head:tt $name:tt $done:tt $before:tt , $($rest:tt)*) => {
        ::core::compile_error!("json_struct! expects a field, `name: Type`, found `,`");
        $crate::__json_mistake!(@fields $head $name $done $($rest)*);
    };
    (@field $head:tt $name:tt $done:tt $before:tt .. $($rest:tt)*) => {
        ::core::compile_error!("json_struct! expects a field, `name: Type`, found `..`");
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt
        $(: $($never:lifetime)?)? $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $field FieldType);
        $crate::__json_mistake!(@fields $head $name [$($done)* $($before)* $field: (),] $($($rest)*)?);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt = $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt : as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt : = $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt : pub $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldVisibility);
        $crate::__json_mistake!(@fields $head $name $done $field : $($rest)*);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt : $type:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldType);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    // Something other than a comma follows.
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt : $type:tt
        $next:tt : $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $field FieldEnd);
        $crate::__json_mistake!(
            @fields $head $name [$($done)* $($before)* $field: $type,] $next : $($rest)*
        );
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt : $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldEnd);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (@field $head:tt $name:tt $done:tt $before:tt $word:ident $field:tt : $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldWord);
        $crate::__json_mistake!(@fields $head $name $done $field : $($rest)*);
    };
    (
        @field $head:tt $name:tt [$($done:tt)*] [$($before:tt)*] $field:tt $type:ident
        $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $field FieldColon);
        $crate::__json_mistake!(
            @fields $head $name [$($done)* $($before)* $field: $type,] $($($rest)*)?
        );
    };
    (@field $head:tt $name:tt $done:tt $before:tt $field:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $field FieldColon);
        $crate::__json_mistake!(@fields $head $name $done);
    };
    (@field $head:tt $name:tt $done:tt $before:tt) => {
        ::core::compile_error!("json_struct! expects a field, `name: Type`, after its attributes");
        $crate::__json_mistake!(@fields $head $name $done);
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
    (@enum #[$($attribute:tt)*] $($rest:tt)*) => { $crate::__json_mistake!(@enum $($rest)*); };
    (@enum pub pub $($rest:tt)*) => { ::core::compile_error!("expected one visibility, found two"); };
    (@enum pub ($($path:tt)*) pub $($rest:tt)*) => { $crate::__json_mistake!(@enum pub pub); };
    (@enum pub ($($path:tt)*) $($rest:tt)*) => { $crate::__json_mistake!(@enum $($rest)*); };
    (@enum pub $($rest:tt)*) => { $crate::__json_mistake!(@enum $($rest)*); };
    (@enum $word:tt $name:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@other OtherInEnum [$word $name] $word $name);
    };
    (@enum $($other:tt)*) => {
        ::core::compile_error!("json_enum! expects one `enum Name { Variant, ... }`");
    };
    (@enum_head $head:tt $name:tt $(as $($($word:tt)-+),+)? {}) => {
        $crate::__json_mistake!(@at $name EmptyEnum);
        $crate::__json_mistake!(@variants $head $name []);
    };
    // A word may be a tag in quotes too.
    (@enum_head $head:tt $name:tt $(as $($($word:tt)-+),+)? {$($variants:tt)*}) => {
        $crate::__json_mistake!(@variants $head $name [] $($variants)*);
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

    (@variants [$($head:tt)*] $name:tt [$($done:tt)*]) => {
        $crate::__json_mistake!(@define [$($head)* {$($done)*}] $name);
    };
    (
        @variants $head:tt $name:tt [$($done:tt)*] $(#[$($attribute:tt)*])*
        $variant:ident $(($type:ty) $(as .. $($never:lifetime)?)?)? $(as $json_name:literal)?
        $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(
            @variants $head $name [$($done)* $(#[$($attribute)*])* $variant $(($type))?,] $($($rest)*)?
        );
    };
    (@variants $head:tt $name:tt $done:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@variant $head $name $done $($rest)*);
    };

    // The variant with a mistake.
    (@variant $head:tt $name:tt $done:tt #[$($attribute:tt)*] $($rest:tt)*) => {
        $crate::__json_mistake!(@variant $head $name $done $($rest)*);
    };
    (@variant $head:tt $name:tt $done:tt pub ($($path:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@variant $head $name $done pub $($rest)*);
    };
    (@variant $head:tt $name:tt $done:tt pub $variant:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantVisibility);
        $crate::__json_mistake!(@variants $head $name $done $variant $($rest)*);
    };
    (@variant $head:tt $name:tt $done:tt $variant:literal $($rest:tt)*) => {
        $crate::__json_mistake!(@literal $variant VariantName);
        $crate::__json_mistake!(@variants $head $name $done);
    };
    (@variant $head:tt $name:tt $done:tt , $($rest:tt)*) => {
        ::core::compile_error!("json_enum! expects a variant, found `,`");
        $crate::__json_mistake!(@variants $head $name $done $($rest)*);
    };
    (
        @variant $head:tt $name:tt [$($done:tt)*] $variant:tt $(($type:ty))?
        as $json_name:literal as $other:literal $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@literal $other TwoNames);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant $(($type))?,] $($($rest)*)?);
    };
    (
        @variant $head:tt $name:tt [$($done:tt)*] $variant:tt
        $(as $json_name:literal)? = $value:expr $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $variant Discriminant);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,] $($($rest)*)?);
    };
    (@variant $head:tt $name:tt [$($done:tt)*] $variant:tt as .. $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $variant OtherWithoutValue);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,] $($($rest)*)?);
    };
    (@variant $head:tt $name:tt [$($done:tt)*] $variant:tt as $other:tt $(, $($rest:tt)*)?) => {
        $crate::__json_mistake!(@at $variant VariantQuotes);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,] $($($rest)*)?);
    };
    (
        @variant $head:tt $name:tt [$($done:tt)*] $variant:tt ($type:ty) as $other:tt
        $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@at $variant VariantQuotes);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant ($type),] $($($rest)*)?);
    };
    (
        @variant $head:tt $name:tt $done:tt $variant:tt $value:tt $(as $json_name:literal)?
        $(, $($rest:tt)*)?
    ) => {
        $crate::__json_mistake!(@value $head $name $done $variant $value $value $($($rest)*)?);
    };
    (
        @variant $head:tt $name:tt [$($done:tt)*] $variant:tt as $json_name:literal ($($types:tt)*)
        $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $variant ValueAfterName);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant ($($types)*),]);
    };
    // Two variants without a comma.
    (
        @variant $head:tt $name:tt [$($done:tt)*] $variant:tt as $json_name:literal $next:ident
        $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $variant VariantEnd);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,] $next $($rest)*);
    };
    (
        @variant $head:tt $name:tt [$($done:tt)*] $variant:tt ($type:ty)
        $($rest:tt)*
    ) => {
        $crate::__json_mistake!(@at $variant VariantEnd);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant ($type),]);
    };
    (@variant $head:tt $name:tt [$($done:tt)*] $variant:tt as $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,]);
    };
    (@variant $head:tt $name:tt [$($done:tt)*] $variant:tt $next:ident $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,] $next $($rest)*);
    };
    (@variant $head:tt $name:tt [$($done:tt)*] $variant:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,]);
    };
    (@variant $head:tt $name:tt $done:tt) => {
        ::core::compile_error!("json_enum! expects a variant after its attributes");
        $crate::__json_mistake!(@variants $head $name $done);
    };
    (@value $head:tt $name:tt [$($done:tt)*] $variant:tt $at:tt {$($fields:tt)*} $($rest:tt)*) => {
        $crate::__json_mistake!(@call [$] $variant $at "json_enum! does not support variants with named fields: give the variant a struct that json_struct! defines, `Card(Card)`");
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant $at,] $($rest)*);
    };
    (@value $head:tt $name:tt [$($done:tt)*] $variant:tt $at:tt () $($rest:tt)*) => {
        $crate::__json_mistake!(@call [$] $variant $at "expected a type in the parentheses: a variant without a value has none");
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant $at,] $($rest)*);
    };
    (@value $head:tt $name:tt [$($done:tt)*] $variant:tt $at:tt ($($types:tt)*) $($rest:tt)*) => {
        $crate::__json_mistake!(@call [$] $variant $at "json_enum! supports variants without a value or with one: use a tuple, `Point((u8, u8))`, or a struct");
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant $at,] $($rest)*);
    };
    (@value $head:tt $name:tt [$($done:tt)*] $variant:tt $at:tt $next:tt $($rest:tt)*) => {
        $crate::__json_mistake!(@at $variant VariantEnd);
        $crate::__json_mistake!(@variants $head $name [$($done)* $variant,]);
    };
}
