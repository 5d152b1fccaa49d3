//! examples/hello.rs with a call of another service, which a feature chooses. `address` is the URL or address.
#![allow(unreachable_code, reason = "without a feature there is no call")]

use tiny_lambda::{Context, Result, json_struct};

json_struct! { struct Request { name: String } }
json_struct! { struct Response { message: String } }

fn main() -> ! {
    #[cfg(feature = "graviola")]
    let _ = rustls_graviola::default_provider().install_default();
    tiny_lambda::run(hello)
}

fn hello(request: Request, _: &Context) -> Result<Response> {
    Ok(Response {
        message: format!("Hello, {}!", call(request.name)?),
    })
}

#[cfg(any(feature = "address", feature = "name"))]
fn call(name: String) -> Result<String> {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[cfg(feature = "address")]
    let mut stream = TcpStream::connect(std::net::SocketAddr::from(([127, 0, 0, 1], 2773)))?;
    #[cfg(feature = "name")]
    let mut stream = TcpStream::connect("localhost:2773")?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    stream.write_all(name.as_bytes())?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    Ok(String::from_utf8(reply)?)
}

/// The recipe of docs/jwt.md.
#[cfg(feature = "rs256_graviola")]
fn call(name: String) -> Result<String> {
    use graviola::signing::rsa::VerifyingKey;

    let key = VerifyingKey::from_pkcs1_der(name.as_bytes());
    let checked = key.and_then(|key| key.verify_pkcs1_sha256(name.as_bytes(), name.as_bytes()));
    checked.map_err(|_| tiny_lambda::Error::new("Signature", "wrong signature"))?;
    Ok(name)
}

/// The recipe of docs/jwt.md.
#[cfg(feature = "rs256_rsa")]
fn call(name: String) -> Result<String> {
    use rsa::pkcs1::DecodeRsaPublicKey;
    use rsa::pkcs1v15::{Signature, VerifyingKey};
    use rsa::{RsaPublicKey, sha2::Sha256, signature::Verifier};

    let wrong = || tiny_lambda::Error::new("Signature", "wrong signature");
    let key = RsaPublicKey::from_pkcs1_der(name.as_bytes()).map_err(|_| wrong())?;
    let signature = Signature::try_from(name.as_bytes()).map_err(|_| wrong())?;
    let key: VerifyingKey<Sha256> = VerifyingKey::new(key);
    key.verify(name.as_bytes(), &signature)
        .map_err(|_| wrong())?;
    Ok(name)
}

#[cfg(feature = "ureq")]
fn call(name: String) -> Result<String> {
    Ok(ureq::get(name).call()?.body_mut().read_to_string()?)
}

#[cfg(feature = "sdk")]
fn call(name: String) -> Result<String> {
    use aws_sdk_dynamodb::{Client, types::AttributeValue};

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let request = Client::new(&config).get_item().table_name("notes");
        let reply = request.key("id", AttributeValue::S(name)).send().await?;
        Ok(format!("{:?}", reply.item))
    })
}

#[cfg(not(any(
    feature = "address",
    feature = "name",
    feature = "rs256_graviola",
    feature = "rs256_rsa",
    feature = "ureq",
    feature = "sdk"
)))]
fn call(name: String) -> Result<String> {
    Ok(name)
}
