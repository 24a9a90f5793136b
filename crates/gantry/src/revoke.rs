//! `gantry admin revoke-tokens`: tokens of the registry are void from now on, whether a server runs or not.

use crate::Done;
use crate::client::{Api, CallError};
use crate::data::DataDir;
use crate::report::Report;
use crate::verb::wait;
use base::{Clock, SystemClock};
use clap::{Arg, ArgMatches, Command};
use model::registry::TokensVoid;
use services::own::{check_user, revoke};
use std::sync::Arc;
use store::StoreError;

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("revoke-tokens")
        .about("Take back the registry's authorization tokens: who has one must ask for another")
        .arg(
            Arg::new("user")
                .long("user")
                .value_name("ARN")
                .help("Only those given to this user or role [default: everybody's]"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    let user = args.get_one::<String>("user").map(String::as_str);
    if let Some(user) = user {
        check_user(user).map_err(|why| Report::new(why).hint("arn:aws:iam::000000000000:root"))?;
    }
    wait(take_back(&data, user))?;
    let who = user.unwrap_or(TokensVoid::EVERYBODY);
    match (args.get_flag("json"), user) {
        (true, _) => println!("{}", serde_json::json!({ "principal": who })),
        (false, Some(user)) => println!("The tokens of {user} are void."),
        (false, None) => println!("All tokens are void."),
    }
    Ok(())
}

async fn take_back(data: &DataDir, user: Option<&str>) -> Done {
    if let Some(api) = Api::running(data).await? {
        let query: Vec<(&str, &str)> = user.map(|user| ("user", user)).into_iter().collect();
        let done = api.deed("revoke-tokens", &query).await;
        return done.map(drop).map_err(|error| match &error {
            CallError::Unreachable(_) => Report::new("the server does not answer").because(error),
            CallError::Refused { .. } => Report::new("the server takes no tokens back").because(error),
        });
    }
    if !data.store().exists() {
        let none = format!("there was never a server in {}", data.path().display());
        return Err(Report::new(none).hint("give --data DIR"));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = crate::records::open(data, &clock)?;
    let user = user.map(str::to_string);
    let written = store.write(move |tx| -> Result<(), StoreError> {
        let now = tx.now();
        revoke(tx, user.as_deref(), now);
        Ok(())
    });
    let written = written.await;
    written.map_err(|e| Report::new("it could not be written down").because(e))
}
