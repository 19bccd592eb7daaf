//! `phytohub-sim`: simulations of the whole hub, from seeds. `cargo xtask sim` builds and runs it.
#![expect(clippy::print_stdout, reason = "a command line speaks on standard output")]

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use phytohub_sim::{Counts, Mutation, run_aloud};

const HELP: &str = "\
Usage: phytohub-sim [--runs N] [--minutes M] [--seed S] [--mutation NAME]

  --runs N         so many runs; without it as many as the minutes allow
  --minutes M      for so long; without either: a minute
  --seed S         the first run's seed, each further run takes the next; without it a random one
  --mutation NAME  plant a bug: the run must then fail. `--mutation help` lists them
  --trace yes      print each step
";

/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);

struct Wanted {
    runs: Option<u64>,
    time: Option<Duration>,
    seed: u64,
    mutation: Option<Mutation>,
    listener: Option<fn(&str)>,
}

fn main() -> ExitCode {
    match wanted(env::args().skip(1)) {
        Ok(wanted) => simulate(&wanted),
        Err(text) => {
            println!("{text}");
            ExitCode::from(2)
        }
    }
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let random = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    // Short enough to be read aloud.
    let mut wanted = Wanted { runs: None, time: None, seed: random % 1_000_000_000, mutation: None, listener: None };
    while let Some(argument) = arguments.next() {
        let value = arguments.next().ok_or(HELP)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{argument} {value}: a number was expected\n{HELP}"));
        match argument.as_str() {
            "--runs" => wanted.runs = Some(number()?),
            "--minutes" => wanted.time = Some(Duration::from_secs(60 * number()?)),
            "--seed" => wanted.seed = number()?,
            "--mutation" => wanted.mutation = Some(mutation(&value)?),
            "--trace" => wanted.listener = Some(|line| println!("{line}")),
            _ => return Err(HELP.to_owned()),
        }
    }
    if wanted.runs.is_none() && wanted.time.is_none() {
        wanted.time = Some(Duration::from_secs(60));
    }
    Ok(wanted)
}

fn mutation(name: &str) -> Result<Mutation, String> {
    let names = || Mutation::ALL.map(Mutation::name).join("\n  ");
    let known = Mutation::ALL.into_iter().find(|mutation| mutation.name() == name);
    known.ok_or_else(|| format!("the bugs that can be planted:\n  {}", names()))
}

fn simulate(wanted: &Wanted) -> ExitCode {
    let began = Instant::now();
    let mut told = began;
    let mut counts = Counts::default();
    let mut runs = 0;
    println!("seeds from {}", wanted.seed);
    while wanted.runs.is_none_or(|most| runs < most) && wanted.time.is_none_or(|most| began.elapsed() < most) {
        let outcome = run_aloud(wanted.seed.wrapping_add(runs), wanted.mutation, wanted.listener);
        runs += 1;
        counts.add(&outcome.counts);
        if let Some(failure) = outcome.failure {
            println!("{failure}");
            println!("{runs} runs in {} s: {counts}", began.elapsed().as_secs());
            return ExitCode::FAILURE;
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            println!("{runs} runs in {} s: {counts}", began.elapsed().as_secs());
        }
    }
    println!("{runs} runs in {} s, nothing was broken: {counts}", began.elapsed().as_secs());
    ExitCode::SUCCESS
}
