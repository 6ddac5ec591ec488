//! Signing in and out, and what belongs to a student.

use super::wire::{Get, Post};
use crate::types::{
    account::{Asker, CodeSent, EndSessionArgs, Me, SignInArgs, SignInStep, SignedIn, SmsArgs},
    error::AppError,
    order::Order,
    wire::{Nothing, Reply},
};
use leptos::server;

/// Sends a code to a mobile, later: the answer does not wait for the provider. The code works in
/// the browser that asked for it only. One that wants another code says `again` and may leave out
/// the mobile.
///
/// # Errors
/// [`AppError::BadField`] for a mobile that is none, [`AppError::TooManyRequests`] over a limit,
/// [`AppError::ProofNeeded`] while many ask: the same request with the challenge and its proof is
/// served.
#[server(name = AskCode, prefix = "/api/v1", endpoint = "user/send_sms/", protocol = Post<SmsArgs>)]
pub async fn send_sms(args: SmsArgs) -> Result<Reply<CodeSent>, AppError> {
    use crate::server::{
        challenge::ChallengeScope,
        identity::{self, address, cookies},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    let is_again = args.mobile.is_none() && args.again.is_some();
    let remembered = cookies::waiting(&app)
        .into_iter()
        .next()
        .filter(|_| is_again)
        .map(|waiting| waiting.mobile);
    let mobile = remembered.map_or_else(|| args::mobile(args.mobile.as_ref()), Ok)?;
    let asker = ChallengeScope {
        mobile: &mobile,
        address: &address::address(&app),
    };
    // A cookie may have been planted by somebody who knows its token, so a browser gets a new one
    // each time.
    let held = args::browser(&app.browsers, &mobile, args.browser.as_ref());
    let token = app
        .ask_code(
            asker,
            args::work(args.challenge.as_ref(), args.proof.as_ref())?,
            held,
        )
        .await?;
    cookies::remember(&app, Some((&mobile, &token)));
    Ok(Reply::said(
        lang.pick("短信已发送", "The code is on its way"),
        CodeSent {
            browser: token.text(),
        },
    ))
}

/// Signs in with a mobile and the code that this browser asked for. A browser without JavaScript
/// may leave out the mobile.
///
/// # Errors
/// [`AppError::BadField`] when the code does not fit.
#[server(name = SignIn, prefix = "/api/v1", endpoint = "user/login_sms/", protocol = Post<SignInArgs>)]
pub async fn sign_in(args: SignInArgs) -> Result<Reply<Me>, AppError> {
    use crate::{
        server::{
            identity::{self, address, caller, cookies},
            shop::{account::PendingCode, args},
        },
        types::error::Fault,
    };
    let (app, lang) = identity::current()?;
    let mut waiting = cookies::waiting(&app);
    if args.mobile.is_none() && waiting.is_empty() && cookies::is_form() {
        // The second step, in a browser whose cookie of the first has expired.
        return Err(AppError::field("code", Fault::WrongCode));
    }
    if args.mobile.is_some() || waiting.is_empty() {
        let mobile = args::mobile(args.mobile.as_ref())?;
        let held = args::browser(&app.browsers, &mobile, args.browser.as_ref());
        waiting.retain(|waiting| waiting.mobile == mobile);
        waiting.splice(..0, held.map(|token| PendingCode { mobile, token }));
    }
    let me = app
        .sign_in(
            &waiting,
            &args::code(args.code.as_ref())?,
            &address::address(&app),
        )
        .await?;
    caller::sign_in(&app, &me).await?;
    cookies::remember(&app, None);
    Ok(Reply::said(lang.pick("登录成功", "Signed in"), me))
}

/// Signs out.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be ended.
#[server(name = SignOut, prefix = "/api/v1", endpoint = "user/logout/", protocol = Post<Nothing>)]
pub async fn sign_out(args: Nothing) -> Result<Reply<()>, AppError> {
    use crate::server::identity::{self, caller};
    let Nothing {} = args;
    caller::sign_out().await?;
    Ok(Reply::said(
        identity::current()?.1.pick("已退出", "Signed out"),
        (),
    ))
}

/// Who asks, and the hold that is to be paid next; `null` for a visitor.
///
/// # Errors
/// [`AppError::Unavailable`] when the session can't be read.
#[server(name = ReadMe, prefix = "/api/v1", endpoint = "user/me/", protocol = Get<Nothing>)]
pub async fn read_me(args: Nothing) -> Result<Reply<Option<Asker>>, AppError> {
    use crate::server::identity::{self, caller};
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    let asker = match caller::visitor().await? {
        Some(me) => Some(app.asker(me).await),
        None => None,
    };
    Ok(Reply::ok(lang, asker))
}

/// The student's orders, the newest first: those that are live, and those that ended.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor.
#[server(name = ReadOrders, prefix = "/api/v1", endpoint = "user/order/", protocol = Get<Nothing>)]
pub async fn list_orders(args: Nothing) -> Result<Reply<Vec<Order>>, AppError> {
    use crate::server::identity::{self, caller};
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.orders(caller::student().await?.id).await?,
    ))
}

/// Where the student is signed in, this browser first.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor.
#[server(name = ReadSessions, prefix = "/api/v1", endpoint = "user/session/", protocol = Get<Nothing>)]
pub async fn list_sessions(args: Nothing) -> Result<Reply<Vec<SignedIn>>, AppError> {
    use crate::server::identity::{self, caller};
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(lang, caller::sessions(&app).await?))
}

/// Ends a session of the student, or all but the one that asks: every server notices within two
/// seconds. One that is over already stays over.
///
/// # Errors
/// [`AppError::NotSignedIn`] for a visitor, [`AppError::BadField`] without a name.
#[server(name = EndSession, prefix = "/api/v1", endpoint = "user/session/end/", protocol = Post<EndSessionArgs>)]
pub async fn end_session(args: EndSessionArgs) -> Result<Reply<()>, AppError> {
    use crate::server::{
        identity::{self, caller},
        shop::args,
    };
    let (app, lang) = identity::current()?;
    caller::student().await?;
    caller::end_session(&app, &args::ending(args.session.as_ref())?).await?;
    Ok(Reply::said(lang.pick("已退出", "Signed out"), ()))
}

/// Where this browser stands on its way to sign in.
///
/// # Errors
/// None of its own.
#[server(name = ReadSignInStep, prefix = "/api/v1", endpoint = "user/sign_in_step/", protocol = Get<Nothing>)]
pub async fn read_sign_in_step(args: Nothing) -> Result<Reply<SignInStep>, AppError> {
    use crate::server::identity::{self, address, cookies};
    let Nothing {} = args;
    let (app, lang) = identity::current()?;
    Ok(Reply::ok(
        lang,
        app.sign_in_step(
            &cookies::waiting(&app),
            &address::address(&app),
            address::is_near(),
        )
        .await,
    ))
}
