//! A module of the validator, ready to judge.

use std::path::Path;
use std::sync::Arc;

use wasmtime::{
    Config, Enabled, Engine, Instance, InstanceAllocationStrategy, InstancePre, Linker, ModuleExport,
    PoolingAllocationConfig, Store, StoreLimits, StoreLimitsBuilder, Trap, TypedFunc, WasmParams, WasmResults,
};

use crate::error::HostError;
use crate::limits::Limits;
use crate::precompiled;
use crate::slots::Slots;
use crate::ticker;

/// The interface that is spoken here.
const ABI: u32 = 1;

/// Memory of an instance that is written back to its beginnings when the instance ends, not given back to the system
/// and faulted in again: an ordinary certificate touches less. Where the system can tell which pages were touched, only
/// those are written. At most this much stays in use for each of [`Limits::instances`].
const KEPT_BYTES: usize = 2 << 20;

/// A status of the module: the answer is a report.
const WELL: u32 = 0;

/// A module that was compiled for this machine. Shared between threads; cheap to clone.
#[derive(Clone)]
pub struct Module {
    shared: Arc<Shared>,
    /// Texts that each instance loads before it judges.
    parts: Arc<[String]>,
}

struct Shared {
    engine: Engine,
    module: wasmtime::Module,
    ready: InstancePre<StoreLimits>,
    exports: Exports,
    limits: Limits,
    slots: Slots,
}

/// Where the exports are, so that none is looked up by name for each certificate.
struct Exports {
    memory: ModuleExport,
    allocate: ModuleExport,
    load: ModuleExport,
    judge: ModuleExport,
    answer: ModuleExport,
    answer_length: ModuleExport,
}

impl Module {
    /// Compiles `bytes`, a module of the validator, which takes about a second.
    ///
    /// # Errors
    ///
    /// It is no module, or none of the validator's.
    pub fn compile(bytes: &[u8], limits: Limits) -> Result<Self, HostError> {
        let engine = engine(limits)?;
        let module = wasmtime::Module::from_binary(&engine, bytes).map_err(|error| not_wasm(&error))?;
        Self::new(engine, module, limits)
    }

    /// Compiles the module in the file `path`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or as [`Self::compile`].
    pub fn open(path: &Path, limits: Limits) -> Result<Self, HostError> {
        Self::compile(&std::fs::read(path)?, limits)
    }

    /// The machine code of this module, for [`Self::load_precompiled`] by the same version of this crate on the same
    /// kind of machine.
    ///
    /// # Errors
    ///
    /// The code cannot be written down.
    pub fn precompiled(&self) -> Result<Vec<u8>, HostError> {
        self.shared.module.serialize().map_err(|error| HostError::Failed(format!("{error:#}")))
    }

    /// The module that [`Self::precompiled`] gave, ready within a millisecond.
    ///
    /// What is loaded so is machine code and runs as part of this program: `bytes` must come from where only those can
    /// write who may change this program. Anything else is for [`Self::compile`].
    ///
    /// # Errors
    ///
    /// Another version or kind of machine, or as [`Self::compile`].
    pub fn load_precompiled(bytes: &[u8], limits: Limits) -> Result<Self, HostError> {
        let engine = engine(limits)?;
        let module = precompiled::load(&engine, bytes).map_err(|error| not_wasm(&error))?;
        Self::new(engine, module, limits)
    }

    fn new(engine: Engine, module: wasmtime::Module, limits: Limits) -> Result<Self, HostError> {
        if let Some(import) = module.imports().next() {
            return Err(HostError::NotValidator(format!("it imports {}.{}", import.module(), import.name())));
        }
        let ready = Linker::new(&engine).instantiate_pre(&module).map_err(|error| not_wasm(&error))?;
        ticker::start(&engine)?;
        let exports = Exports::of(&module)?;
        let slots = Slots::new(limits.instances);
        let new =
            Self { shared: Arc::new(Shared { engine, module, ready, exports, limits, slots }), parts: Arc::default() };
        new.check()?;
        Ok(new)
    }

    /// Whether the module speaks our interface: better now than at the first certificate.
    fn check(&self) -> Result<(), HostError> {
        let _slot = self.shared.slots.take();
        let mut run = self.run()?;
        let abi = run.instance.get_typed_func::<(), u32>(&mut run.store, "phytoval_abi");
        let abi = abi.map_err(|_| HostError::NotValidator("it has no function phytoval_abi".to_owned()))?;
        let version = run.call(&abi, ())?;
        if version != ABI {
            let problem = format!("it speaks version {version} of the interface, this program speaks {ABI}");
            return Err(HostError::NotValidator(problem));
        }
        run.function::<u32, u32>(&self.shared.exports.allocate)?;
        run.function::<u32, u32>(&self.shared.exports.load)?;
        run.function::<(u32, u32), u32>(&self.shared.exports.judge)?;
        run.function::<(), u32>(&self.shared.exports.answer)?;
        run.function::<(), u32>(&self.shared.exports.answer_length)?;
        Ok(())
    }

    /// The module with one part more: the text of a code list, a profile or messages in the formats of the validator.
    ///
    /// # Errors
    ///
    /// The part cannot be used, with its line.
    pub fn with_part(self, text: &str) -> Result<Self, HostError> {
        let parts = self.parts.iter().cloned().chain([text.to_owned()]).collect();
        let new = Self { shared: self.shared, parts };
        {
            let _slot = new.shared.slots.take();
            new.run()?;
        }
        Ok(new)
    }

    /// Judges `content` by `options`, lines `key=value`: `profile`, `language`, `form`, and the envelope's `from`,
    /// `to`, `number`, `type`, `status`. Answers JSON, letter for letter what the native validator answers.
    ///
    /// # Errors
    ///
    /// The options cannot be used, or the module failed, needed too much memory or too much time.
    pub fn judge(&self, content: &[u8], options: &str) -> Result<String, HostError> {
        let _slot = self.shared.slots.take();
        let mut run = self.run()?;
        let options = if options.is_empty() { 0 } else { run.write(options.as_bytes())? };
        let content = run.write(content)?;
        let judge = run.function::<(u32, u32), u32>(&self.shared.exports.judge)?;
        let status = run.call(&judge, (content, options))?;
        let answer = run.answer()?;
        if status == WELL { Ok(answer) } else { Err(HostError::Call(answer)) }
    }

    /// A fresh instance, with its parts loaded.
    fn run(&self) -> Result<Run<'_>, HostError> {
        let shared = &*self.shared;
        let limits = StoreLimitsBuilder::new().memory_size(shared.limits.memory_bytes).trap_on_grow_failure(true);
        let mut store = Store::new(&shared.engine, limits.build());
        store.limiter(|limits| limits);
        store.set_epoch_deadline(ticker::epochs(shared.limits.deadline));
        let instance = shared.ready.instantiate(&mut store).map_err(|error| failed(&error, shared.limits))?;
        let mut run = Run { shared, store, instance };
        for part in &*self.parts {
            let text = run.write(part.as_bytes())?;
            let load = run.function::<u32, u32>(&shared.exports.load)?;
            if run.call(&load, text)? != WELL {
                return Err(HostError::Call(run.answer()?));
            }
        }
        Ok(run)
    }
}

/// One instance at work.
struct Run<'m> {
    shared: &'m Shared,
    store: Store<StoreLimits>,
    instance: Instance,
}

impl Run<'_> {
    fn function<P: WasmParams, R: WasmResults>(&mut self, export: &ModuleExport) -> Result<TypedFunc<P, R>, HostError> {
        let function = self.instance.get_module_export(&mut self.store, export).and_then(|found| found.into_func());
        let typed = function.and_then(|function| function.typed(&self.store).ok());
        typed.ok_or_else(|| HostError::NotValidator("one of its functions has other parameters".to_owned()))
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, function: &TypedFunc<P, R>, values: P) -> Result<R, HostError> {
        function.call(&mut self.store, values).map_err(|error| failed(&error, self.shared.limits))
    }

    fn memory(&mut self) -> Result<wasmtime::Memory, HostError> {
        let memory = self.instance.get_module_export(&mut self.store, &self.shared.exports.memory);
        memory
            .and_then(|found| found.into_memory())
            .ok_or_else(|| HostError::NotValidator("its memory is none".to_owned()))
    }

    /// Puts `bytes` into a buffer of the module.
    fn write(&mut self, bytes: &[u8]) -> Result<u32, HostError> {
        let length = u32::try_from(bytes.len()).map_err(|_| too_long(bytes.len()))?;
        let allocate = self.function::<u32, u32>(&self.shared.exports.allocate)?;
        let place = self.call(&allocate, length)?;
        if place == 0 {
            return Err(too_long(bytes.len()));
        }
        let memory = self.memory()?;
        let outside = |_| HostError::Failed("its buffer is outside of its memory".to_owned());
        memory.write(&mut self.store, place as usize, bytes).map_err(outside)?;
        Ok(place)
    }

    /// The text of the last answer.
    fn answer(&mut self) -> Result<String, HostError> {
        let exports = &self.shared.exports;
        let (place, length) = (self.function(&exports.answer)?, self.function(&exports.answer_length)?);
        let (place, length): (u32, u32) = (self.call(&place, ())?, self.call(&length, ())?);
        let (place, length) = (place as usize, length as usize);
        let memory = self.memory()?;
        let bytes = place.checked_add(length).and_then(|end| memory.data(&self.store).get(place..end));
        let text = bytes.and_then(|bytes| str::from_utf8(bytes).ok());
        text.map(str::to_owned).ok_or_else(|| HostError::Failed("its answer is no text".to_owned()))
    }
}

impl Exports {
    fn of(module: &wasmtime::Module) -> Result<Self, HostError> {
        let export = |name: &str| {
            module.get_export_index(name).ok_or_else(|| HostError::NotValidator(format!("it has no export '{name}'")))
        };
        Ok(Self {
            memory: export("memory")?,
            allocate: export("phytoval_allocate")?,
            load: export("phytoval_load")?,
            judge: export("phytoval_judge")?,
            answer: export("phytoval_answer")?,
            answer_length: export("phytoval_answer_length")?,
        })
    }
}

fn engine(limits: Limits) -> Result<Engine, HostError> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(limits.instances.max(1))
        .total_memories(limits.instances.max(1))
        .total_tables(limits.instances.max(1))
        .max_memory_size(limits.memory_bytes)
        .linear_memory_keep_resident(KEPT_BYTES)
        .table_keep_resident(KEPT_BYTES)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config.epoch_interruption(true).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).map_err(|error| HostError::Failed(format!("{error:#}")))
}

fn not_wasm(error: &wasmtime::Error) -> HostError {
    HostError::NotWasm(format!("{error:#}"))
}

fn too_long(length: usize) -> HostError {
    HostError::Call(format!("a text of {length} bytes is longer than the validator's module takes"))
}

fn failed(error: &wasmtime::Error, limits: Limits) -> HostError {
    if let Some(Trap::Interrupt) = error.downcast_ref::<Trap>() {
        return HostError::TooLong(limits.deadline);
    }
    let reason = format!("{error:#}");
    // The limiter's own error has no type that is public.
    if reason.contains("forcing trap when growing memory") {
        return HostError::OutOfMemory(limits.memory_bytes);
    }
    HostError::Failed(reason)
}
