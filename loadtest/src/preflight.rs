//! Before a run: nothing of others may wait for the members that load is made for. It would be offered to receivers
//! that never acknowledge it, and stand before what is to be measured.

use std::sync::Arc;
use std::time::Duration;

use phytohub_soap::client::{self, read_answer};
use phytoload_traffic::parse_number;
use rustls::ClientConfig;

use crate::acknowledging::SHAPE;
use crate::connection::{Connection, Target};

/// How long a hub that is not loaded may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks for each member what waits.
///
/// # Errors
/// A sentence that names the first member with envelopes that are no load, or the hub's refusal.
pub(crate) fn nothing_of_others_waits(
    target: &Arc<Target>,
    members: &[String],
    keys: &[Arc<ClientConfig>],
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        for (member, keys) in members.iter().zip(keys) {
            let mut connection = Connection::new(Arc::clone(target), Arc::clone(keys));
            let question = client::import_headers(None);
            let answered = connection.call(&SHAPE, &question, false, PATIENCE).await;
            let (_, body) = answered.map_err(|failure| format!("{}, asked for {member}: {failure}", target.host))?;
            let reply = read_answer(body).map_err(|error| format!("{}, asked for {member}: {error}", target.host))?;
            let others = reply.headers.iter().filter(|header| parse_number(&header.certificate_number).is_none());
            let others = others.count();
            if others > 0 {
                return Err(format!(
                    "{others} envelopes wait for {member} on this hub that are no load: fetch and acknowledge them \
                     first, or use a hub of its own for load (leave --hub out for a throw-away one)"
                ));
            }
        }
        Ok(())
    })
}
