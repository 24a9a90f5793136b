//! How a refused value is shown: as Java prints it, because that is what AWS's messages hold.

use super::{MOST_SHOWN, Shown};
use crate::View;
use crate::schema::Type;

pub(super) fn shown(view: &View<'_>, ty: &'static Type) -> Shown {
    let hidden = |ty: Option<&Type>| ty.is_some_and(|ty| ty.sensitive);
    if ty.sensitive || hidden(ty.of) || hidden(ty.key) {
        return Shown::Hidden;
    }
    let mut text = String::new();
    show(view, ty, &mut text);
    if let Some((cut, _)) = text.char_indices().nth(MOST_SHOWN) {
        text.truncate(cut);
        text.push_str("...");
    }
    Shown::Text(text)
}

/// Stops soon after it has enough.
pub(super) fn show(view: &View<'_>, ty: &'static Type, out: &mut String) {
    if out.len() > 4 * MOST_SHOWN {
        return;
    }
    if ty.sensitive {
        return out.push_str("***");
    }
    let of = ty.of.unwrap_or(ty);
    match view {
        View::Absent => out.push_str("null"),
        View::Text(text) => {
            // One more than is shown, so that the cut can be seen.
            let end = text.char_indices().nth(MOST_SHOWN + 1).map_or(text.len(), |(at, _)| at);
            out.push_str(&text[..end]);
        }
        View::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        View::Int(n) => out.push_str(&n.to_string()),
        View::Long(n) => out.push_str(&n.to_string()),
        View::Float(n) => out.push_str(&format!("{n:?}")),
        View::Double(n) => out.push_str(&format!("{n:?}")),
        View::Time(time) => out.push_str(&time.iso8601()),
        View::Blob(bytes) => out.push_str(&format!("[{} bytes]", bytes.len())),
        View::Document(_) => out.push_str("{..}"),
        View::List(items) => {
            out.push('[');
            for i in 0..items.len() {
                if i > 0 {
                    out.push_str(", ");
                }
                show(&items.at(i), of, out);
                if out.len() > 4 * MOST_SHOWN {
                    break;
                }
            }
            out.push(']');
        }
        View::Map(entries) => {
            let mut first = true;
            out.push('{');
            entries.each(&mut |key, value| {
                if out.len() <= 4 * MOST_SHOWN {
                    out.push_str(if std::mem::take(&mut first) { "" } else { ", " });
                    out.push_str(key);
                    out.push('=');
                    show(&value, of, out);
                }
            });
            out.push('}');
        }
        View::Structure(shape) => {
            let schema = shape.schema();
            out.push_str(schema.name);
            out.push('(');
            let mut first = true;
            for (i, member) in schema.members.iter().enumerate() {
                let view = shape.view(i);
                if !view.is_absent() {
                    out.push_str(if std::mem::take(&mut first) { "" } else { ", " });
                    out.push_str(member.name);
                    out.push('=');
                    show(&view, member.ty, out);
                }
            }
            out.push(')');
        }
    }
}
