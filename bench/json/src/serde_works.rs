// The works of a peer that has `Value`, `from_slice` and `to_vec`, for types with serde's traits.

works! {
    hello(HELLO) |text: &[u8]| drop(black_box(from_slice::<Hello>(text)));
    event(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    compact(COMPACT) |text: &[u8]| drop(black_box(from_slice::<Event>(text)));
    event_skip(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<serde::de::IgnoredAny>(text)));
    compact_skip(COMPACT) |text: &[u8]| drop(black_box(from_slice::<serde::de::IgnoredAny>(text)));
    event_tree(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<Value>(text)));
    compact_tree(COMPACT) |text: &[u8]| drop(black_box(from_slice::<Value>(text)));
    sqs_typed(sqs()) |text: &[u8]| drop(black_box(from_slice::<Sqs>(text)));
    records_typed(records()) |text: &[u8]| drop(black_box(from_slice::<Vec<Record>>(text)));
    event_borrowed(HTTP_API) |text: &[u8]| drop(black_box(from_slice::<borrowed::Event>(text)));
    sqs_borrowed(sqs()) |text: &[u8]| drop(black_box(from_slice::<borrowed::Sqs>(text)));
    records_borrowed(records()) |text: &[u8]| drop(black_box(from_slice::<Vec<borrowed::Record>>(text)));
    strings_borrowed(strings()) |text: &[u8]| drop(black_box(from_slice::<Vec<&str>>(text)));
    write_event(HTTP_API) |text: &[u8]| {
        let value = keep!(EVENT: Event = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_tree(HTTP_API) |text: &[u8]| {
        let value = keep!(TREE: Value = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_records(records()) |text: &[u8]| {
        let value = keep!(RECORDS: Vec<Record> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_strings(strings()) |text: &[u8]| {
        let value = keep!(STRINGS: Vec<String> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    read_prices(prices()) |text: &[u8]| drop(black_box(from_slice::<Vec<f64>>(text)));
    read_long_floats(long_floats()) |text: &[u8]| drop(black_box(from_slice::<Vec<f64>>(text)));
    read_small_floats(small_floats()) |text: &[u8]| drop(black_box(from_slice::<Vec<f64>>(text)));
    read_embedding(embedding()) |text: &[u8]| drop(black_box(from_slice::<Vec<f32>>(text)));
    read_integers(integers()) |text: &[u8]| drop(black_box(from_slice::<Vec<i64>>(text)));
    read_polygons(polygons()) |text: &[u8]| drop(black_box(from_slice::<Vec<Vec<Vec<[f64; 2]>>>>(text)));
    read_escapes(escapes()) |text: &[u8]| drop(black_box(from_slice::<Vec<String>>(text)));
    read_escapes_only(escapes_only()) |text: &[u8]| drop(black_box(from_slice::<Vec<String>>(text)));
    read_non_ascii(non_ascii()) |text: &[u8]| drop(black_box(from_slice::<Vec<String>>(text)));
    write_prices(prices()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_long_floats(long_floats()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_small_floats(small_floats()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f64> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_embedding(embedding()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<f32> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_integers(integers()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<i64> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_polygons(polygons()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<Vec<Vec<[f64; 2]>>> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_escapes(escapes()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<String> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
    write_escapes_only(escapes_only()) |text: &[u8]| {
        let value = keep!(VALUE: Vec<String> = from_slice(text).unwrap());
        drop(black_box(to_vec(value)));
    };
}
