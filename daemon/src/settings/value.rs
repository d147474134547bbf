//! What a single value may be: each function says in one sentence why a value is refused.

use crate::model::{Algorithm, Id};
use std::{
    fmt::Display,
    path::{Component, PathBuf},
    time::Duration,
};
use toml::de::DeValue;
use uuid::Uuid;

const DURATIONS: &str = r#"a duration such as "500ms", "10s", "5m", "1h""#;

type Read<T> = Result<T, String>;

/// Text as a fault quotes it: on one line, printable, not too long.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    format!("{shown:?}")
}

pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    let text = value.as_str().ok_or_else(|| expected("text in quotes", value))?;
    if text.trim().is_empty() {
        return Err("must not be empty".into());
    }
    if text.chars().any(char::is_control) || text.len() > 256 {
        return Err(format!("{} is not one line of at most 256 bytes", quoted(text)));
    }
    Ok(text.to_owned())
}

pub(super) fn boolean(value: &DeValue<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| expected("true or false", value))
}

/// A whole number from `first` to `last`.
pub(super) fn integer<T: TryFrom<u64> + PartialOrd + Copy + Display>(
    first: T,
    last: T,
) -> impl FnOnce(&DeValue<'_>) -> Read<T> {
    move |value| {
        let number = value.as_integer().ok_or_else(|| expected("a whole number", value))?;
        let parsed = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let fits = parsed.and_then(|n| T::try_from(n).ok()).filter(|n| (first..=last).contains(n));
        fits.ok_or_else(|| format!("{} is not from {first} to {last}", number.as_str()))
    }
}

pub(super) fn id(value: &DeValue<'_>) -> Read<Id> {
    let text = text(value)?;
    let rule = "letters, digits and _, at most 128, the first not _";
    Id::new(&text).ok_or_else(|| format!("{} is not a legal name ({rule})", quoted(&text)))
}

/// A word in the manner of `hw.type`.
pub(super) fn word(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?;
    let legal = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if legal { Ok(text) } else { Err(format!("{} is not a word such as network, gpu or cpld", quoted(&text))) }
}

pub(super) fn path(value: &DeValue<'_>) -> Read<PathBuf> {
    let text = text(value)?;
    let path = PathBuf::from(&text);
    if !path.is_absolute() || path.components().any(|c| c == Component::ParentDir) {
        return Err(format!("{} is not an absolute path without ..", quoted(&text)));
    }
    Ok(path)
}

pub(super) fn object_path(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?;
    zbus::ObjectPath::try_from(text.as_str()).map_err(|_| format!("{} is not a D-Bus object path", quoted(&text)))?;
    Ok(text)
}

pub(super) fn uuid(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?;
    // Of the forms that are parsed, only the one with hyphens has 36 characters.
    let parsed = Uuid::try_parse(&text).ok().filter(|_| text.len() == 36);
    let wrong = || format!("{} is not a UUID such as 01234567-89ab-cdef-0123-456789abcdef", quoted(&text));
    parsed.map(|uuid| uuid.to_string()).ok_or_else(wrong)
}

pub(super) fn algorithm(value: &DeValue<'_>) -> Read<Algorithm> {
    let text = text(value)?;
    let all = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];
    let found = all.into_iter().find(|a| a.to_string() == text);
    found.ok_or_else(|| format!("{} is none of sha256, sha384, sha512", quoted(&text)))
}

/// `500ms`, `10s`, `5m`, `1h`, `1d` or a whole number of seconds, between two bounds.
pub(super) fn duration(shortest: Duration, longest: Duration) -> impl FnOnce(&DeValue<'_>) -> Read<Duration> {
    move |value| {
        let parsed = match value {
            DeValue::String(text) => parse_duration(text),
            DeValue::Integer(number) if number.radix() == 10 => parse_duration(&format!("{}s", number.as_str())),
            _ => return Err(expected(DURATIONS, value)),
        };
        let given = value.as_str().map_or_else(|| "this".into(), quoted);
        let parsed = parsed.ok_or_else(|| format!("{given} is not {DURATIONS}"))?;
        if (shortest..=longest).contains(&parsed) {
            return Ok(parsed);
        }
        Err(format!("{parsed:?} is not from {shortest:?} to {longest:?}"))
    }
}

/// A collector's address: `http://host` or `http://host:port`.
pub(super) fn endpoint(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?;
    if text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
        return Err("https needs TLS, which comes with a later version; nothing is sent meanwhile".into());
    }
    let wrong = || format!("{} is not http://host or http://host:port", quoted(&text));
    let authority = text.strip_prefix("http://").ok_or_else(wrong)?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let parsed: http::uri::Authority = authority.parse().map_err(|_| wrong())?;
    let port = authority.get(parsed.host().len()..).unwrap_or_default();
    let port_is_legal = port.is_empty() || parsed.port_u16().is_some_and(|port| port != 0);
    if parsed.host().is_empty() || authority.contains('@') || !port_is_legal {
        return Err(wrong());
    }
    Ok(format!("http://{authority}"))
}

/// A header, as HTTP allows it. Its value may be a secret, so no fault quotes it.
pub(super) fn header(name: &str, value: &DeValue<'_>) -> Read<(String, String)> {
    let value = value.as_str().ok_or_else(|| expected("text in quotes", value))?;
    http::HeaderName::try_from(name).map_err(|_| "not a header's name")?;
    http::HeaderValue::try_from(value).map_err(|_| "not a header's value")?;
    Ok((name.to_ascii_lowercase(), value.to_owned()))
}

pub(super) fn attribute(name: &str, value: &DeValue<'_>) -> Read<(String, String)> {
    if name.is_empty() || name.len() > 128 || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("not an attribute's name such as site.rack".into());
    }
    Ok((name.to_owned(), text(value)?))
}

pub(super) fn expected(what: &str, value: &DeValue<'_>) -> String {
    let found = match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    format!("must be {what}, not {found}")
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}
