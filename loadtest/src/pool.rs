//! The connections of one member, and the work that waits for one of them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio::sync::Notify;

use crate::acknowledging::{self, Acknowledgement};
use crate::connection::Connection;
use crate::delivering::{self, Delivery};
use crate::worker::Worker;

/// One piece of work for a connection.
pub(crate) enum Job {
    Deliver(Delivery),
    Acknowledge(Acknowledgement),
}

/// Some connections and what waits for them. Connections are opened as they are needed.
pub(crate) struct Pool {
    keys: Arc<ClientConfig>,
    connections_max: usize,
    jobs: RefCell<VecDeque<Job>>,
    wake: Notify,
    idle: Cell<usize>,
    open: Cell<usize>,
}

impl Pool {
    pub(crate) fn new(keys: Arc<ClientConfig>, connections_max: usize) -> Rc<Self> {
        Rc::new(Self {
            keys,
            connections_max,
            jobs: RefCell::default(),
            wake: Notify::new(),
            idle: Cell::new(0),
            open: Cell::new(0),
        })
    }

    /// How much work waits for a connection.
    pub(crate) fn waiting(&self) -> usize {
        self.jobs.borrow().len()
    }

    /// Hands a piece of work to the next connection that is free.
    pub(crate) fn push(self: &Rc<Self>, worker: &Rc<Worker>, job: Job) {
        self.jobs.borrow_mut().push_back(job);
        if self.idle.get() == 0 && self.open.get() < self.connections_max {
            self.open.set(self.open.get() + 1);
            tokio::task::spawn_local(serve(Rc::clone(self), Rc::clone(worker)));
        } else {
            self.wake.notify_one();
        }
    }

    async fn next(&self) -> Job {
        loop {
            if let Some(job) = self.jobs.borrow_mut().pop_front() {
                return job;
            }
            self.idle.set(self.idle.get() + 1);
            self.wake.notified().await;
            self.idle.set(self.idle.get() - 1);
        }
    }
}

/// One connection, until the run ends.
async fn serve(pool: Rc<Pool>, worker: Rc<Worker>) {
    let mut connection = Connection::new(Arc::clone(&worker.run.target), Arc::clone(&pool.keys));
    let mut scratch = delivering::Scratch::default();
    loop {
        let before = connection.handshakes;
        match pool.next().await {
            Job::Deliver(delivery) => delivering::deliver(&worker, &mut connection, &mut scratch, delivery).await,
            Job::Acknowledge(what) => acknowledging::acknowledge(&worker, &mut connection, what).await,
        }
        worker.counts.borrow_mut().handshakes += connection.handshakes - before;
    }
}
