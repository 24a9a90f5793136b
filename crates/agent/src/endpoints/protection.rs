//! Protection of a task from scale-in, as its own containers ask for it.

use super::answer::Answer;
use super::json;
use super::source::Source;
use crate::Work;
use link::Question;
use std::time::Duration;
use wire::Document;

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(4);

const INVALID: &str = "InvalidParameterException";

/// What a container wants; the protection is not given when the member is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    protect: Option<bool>,
    minutes: Option<u32>,
}

/// Members are known by their names in any case; others are refused.
pub fn read(body: &[u8]) -> Result<Wish, Answer> {
    let refused = || error(400, "", INVALID, "UpdateTaskProtection: failed to decode request");
    let limits = wire::codec::Limits {
        body: super::serve::MOST_BODY_BYTES,
        depth: 4,
        members: 16,
        held: 4096,
    };
    let Ok(Document::Map(members)) = Document::from_json(body, &limits) else {
        return Err(refused());
    };
    let mut wish = Wish::default();
    for (name, value) in members {
        match (name.to_ascii_lowercase().as_str(), value) {
            ("protectionenabled" | "expiresinminutes", Document::Null) => {}
            ("protectionenabled", Document::Flag(flag)) => wish.protect = Some(flag),
            ("expiresinminutes", Document::Whole(minutes)) => {
                // What is no number of minutes at all is refused by the server in the same words as 0 is.
                wish.minutes = Some(u32::try_from(minutes).unwrap_or(0));
            }
            _ => return Err(refused()),
        }
    }
    Ok(wish)
}

pub fn no_such_task() -> Answer {
    error(
        404,
        "",
        "ResourceNotFoundException",
        "Failed to find a task for the request",
    )
}

pub async fn get(source: &dyn Source, work: &Work) -> Answer {
    ask(source, work, Question::Protection(work.key().to_string())).await
}

pub async fn put(source: &dyn Source, work: &Work, wish: Wish) -> Answer {
    let Some(protect) = wish.protect else {
        let message = "Invalid request: does not contain 'ProtectionEnabled' field";
        return error(400, &work.assigned.arn, INVALID, message);
    };
    ask(
        source,
        work,
        Question::Protect(work.key().to_string(), protect, wish.minutes),
    )
    .await
}

async fn ask(source: &dyn Source, work: &Work, question: Question) -> Answer {
    let arn = &work.assigned.arn;
    // The agent asks with the keys of the task's role, so without a role nobody may.
    if work.assigned.plan.task_role.is_none() {
        let message = "Invalid Request: no task IAM role credentials available for task";
        return error(403, arn, "AccessDeniedException", message);
    }
    match tokio::time::timeout(PATIENCE, source.ask(question)).await {
        Err(_) => error(504, arn, "RequestCanceled", "Timed out calling ECS Task Protection API"),
        Ok(link::Answer::Protection(protected, until)) => Answer::object(200, |o| {
            o.object("protection", |o| {
                match until {
                    Some(until) => o.text("ExpirationDate", &json::time(until)),
                    None => o.null("ExpirationDate"),
                }
                o.flag("ProtectionEnabled", protected);
                o.text("TaskArn", arn);
            });
        }),
        Ok(link::Answer::No(code, message)) if code.ends_with("Exception") => {
            let status = if code == "ServerException" { 500 } else { 400 };
            error(status, arn, &code, &message)
        }
        // AWS tells what is wrong with one task among those asked about as a failure, not as an error.
        Ok(link::Answer::No(reason, detail)) => Answer::object(200, |o| {
            o.object("failure", |o| {
                o.text("Arn", arn);
                o.text("Detail", &detail);
                o.text("Reason", &reason);
            });
        }),
        Ok(link::Answer::Tags(..)) => error(500, arn, "ServerException", "Unexpected error occurred"),
    }
}

fn error(status: u16, arn: &str, code: &str, message: &str) -> Answer {
    Answer::object(status, |o| {
        o.object("error", |o| {
            o.some_text("Arn", arn);
            o.text("Code", code);
            o.text("Message", message);
        });
    })
}
