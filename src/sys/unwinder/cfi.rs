//! Where the frames of a function have what they must give back: `.eh_frame` (Linux Standard Base,
//! chapter 10; DWARF 4, section 6.4).

use core::ffi::{c_int, c_void};
use core::{mem, ptr};

use super::Personality;
use super::arch::{N, PC, Registers, SP, slot};

/// States that can be remembered at once. Compilers remember one, in front of an early return.
const DEPTH_MAX: usize = 3;

/// A place in a table.
#[derive(Clone, Copy)]
struct Reader(*const u8);

impl Reader {
    /// # Safety
    /// A `T` stands here, or any bytes where `T` is an integer.
    unsafe fn read<T: Copy>(&mut self) -> T {
        // SAFETY: the caller answers for it.
        unsafe {
            let value = self.0.cast::<T>().read_unaligned();
            self.0 = self.0.add(size_of::<T>());
            value
        }
    }

    /// A number of variable length, and whether it has a sign (DWARF 4, section 7.6).
    ///
    /// # Safety
    /// One stands here.
    unsafe fn leb128(&mut self, is_signed: bool) -> usize {
        let (mut value, mut shift) = (0_usize, 0_u32);
        loop {
            // SAFETY: the last byte of a number has not come yet.
            let byte: u8 = unsafe { self.read() };
            value |= usize::from(byte & 0x7f).wrapping_shl(shift);
            shift = shift.wrapping_add(7);
            if byte & 0x80 == 0 {
                if is_signed && byte & 0x40 != 0 && shift < usize::BITS {
                    value |= usize::MAX.wrapping_shl(shift);
                }
                return value;
            }
        }
    }

    /// # Safety
    /// As for `leb128`.
    unsafe fn unsigned(&mut self) -> usize {
        // SAFETY: the same.
        unsafe { self.leb128(false) }
    }

    /// # Safety
    /// As for `leb128`.
    unsafe fn signed(&mut self) -> usize {
        // SAFETY: the same.
        unsafe { self.leb128(true) }
    }

    /// An address in the form that `encoding` says; `None`: it is none that an executable has.
    ///
    /// # Safety
    /// One stands here.
    unsafe fn address(&mut self, encoding: u8) -> Option<usize> {
        let here = self.0.addr();
        // SAFETY: the caller answers for it.
        let value = unsafe {
            match encoding & 0x0f {
                0x00 | 0x04 | 0x0c => self.read::<usize>(),
                0x03 => self.read::<u32>() as usize,
                0x0b => 0_usize.wrapping_add_signed(self.read::<i32>() as isize),
                _ => return None,
            }
        };
        // None is none, wherever it stands.
        let address = match encoding & 0x70 {
            0x00 => value,
            0x10 if value == 0 => 0,
            0x10 => value.wrapping_add(here),
            _ => return None,
        };
        if encoding & 0x80 != 0 && address != 0 {
            // SAFETY: what is indirect is the address of an address.
            return Some(unsafe { Reader::at(address).read() });
        }
        Some(address)
    }

    fn at(address: usize) -> Reader {
        Reader(ptr::with_exposed_provenance(address))
    }
}

/// `struct dl_phdr_info` (dl_iterate_phdr(3)), the front of it.
#[repr(C)]
struct Loaded {
    base: usize,
    name: *const u8,
    headers: *const ProgramHeader,
    n_headers: u16,
}

/// `Elf64_Phdr` (System V ABI, chapter 5).
#[repr(C)]
struct ProgramHeader {
    kind: u32,
    flags: u32,
    offset: u64,
    addr: usize,
    rest: [u64; 4],
}

/// Notes in `found` where the search table of the executable stands, of which there is one.
///
/// # Safety
/// As dl_iterate_phdr(3) has it; `found` is a `usize`.
unsafe extern "C" fn find_table(loaded: *const Loaded, _: usize, found: *mut c_void) -> c_int {
    const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
    // SAFETY: the C library passes what it has loaded, and what it was given.
    unsafe {
        for i in 0..usize::from((*loaded).n_headers) {
            let header = &*(*loaded).headers.add(i);
            if header.kind == PT_GNU_EH_FRAME {
                *found.cast::<usize>() = (*loaded).base.wrapping_add(header.addr);
                return 1;
            }
        }
    }
    0
}

/// What the tables say of a function.
pub(super) struct Function {
    pub(super) begin: usize,
    /// What its language says of its calls.
    pub(super) lsda: usize,
    pub(super) personality: Option<Personality>,
    /// How far in it the frame is.
    offset: usize,
    common: Program,
    own: Program,
    code_step: usize,
    data_step: usize,
    return_register: usize,
}

/// Instructions that say where things are.
#[derive(Clone, Copy)]
struct Program {
    at: Reader,
    end: usize,
}

/// The function that has the instruction at `pc`; `None`: nothing is known of it.
///
/// # Safety
/// None for any address; the tables are those of the executable.
pub(super) unsafe fn find(pc: usize) -> Option<Function> {
    unsafe extern "C" {
        fn dl_iterate_phdr(
            f: unsafe extern "C" fn(*const Loaded, usize, *mut c_void) -> c_int,
            data: *mut c_void,
        ) -> c_int;
    }
    let mut table = 0_usize;
    // SAFETY: `find_table` gets the `usize` that it wants.
    unsafe { dl_iterate_phdr(find_table, (&raw mut table).cast()) };
    if table == 0 {
        return None;
    }
    // SAFETY: linkers write the table in one form: sorted pairs of where a function begins and where
    // what is known of it stands, both from the table on.
    unsafe {
        let mut reader = Reader::at(table);
        let [version, frames, count, pairs]: [u8; 4] = reader.read();
        if version != 1 || count != 0x03 || pairs != 0x3b {
            return None;
        }
        reader.address(frames)?;
        let (mut first, mut n) = (0_usize, reader.read::<u32>() as usize);
        let pair = |i: usize| -> [i32; 2] { Reader(reader.0.add(i.wrapping_mul(8))).read() };
        // The last one that begins at `pc` or before it is at `first`, or there is none.
        while n > 1 {
            let half = n / 2;
            let middle = first.wrapping_add(half);
            let [begin, _] = pair(middle);
            if table.wrapping_add_signed(begin as isize) <= pc {
                first = middle;
                n = n.wrapping_sub(half);
            } else {
                n = half;
            }
        }
        let [_, entry] = pair(first);
        Function::read(Reader::at(table.wrapping_add_signed(entry as isize)), pc)
    }
}

impl Function {
    /// Reads an entry and what it has in common with others.
    ///
    /// # Safety
    /// `entry` stands at a frame description entry.
    unsafe fn read(mut entry: Reader, pc: usize) -> Option<Function> {
        // SAFETY: the fields are in the order that the specification has.
        unsafe {
            let len = entry.read::<u32>() as usize;
            let here = entry.0;
            let end = here.addr().wrapping_add(len);
            let common_offset = entry.read::<u32>() as usize;
            let mut common = Reader(here.sub(common_offset));
            let common_len = common.read::<u32>() as usize;
            let common_end = common.0.addr().wrapping_add(common_len);
            let _id: u32 = common.read();
            let version: u8 = common.read();
            let mut letters = common;
            while common.read::<u8>() != 0 {}
            let code_step = common.unsigned();
            let data_step = common.signed();
            let return_register = match version {
                1 => usize::from(common.read::<u8>()),
                _ => common.unsigned(),
            };
            let (mut address_form, mut lsda_form, mut personality) = (0, 0xff, 0);
            let mut has_lengths = false;
            loop {
                match letters.read::<u8>() {
                    0 => break,
                    b'z' => {
                        common.unsigned();
                        has_lengths = true;
                    }
                    b'R' => address_form = common.read(),
                    b'L' => lsda_form = common.read(),
                    b'P' => {
                        let form = common.read();
                        personality = common.address(form)?;
                    }
                    // A signal's frame, or return addresses that are signed: nobody has asked.
                    _ => return None,
                }
            }
            let begin = entry.address(address_form)?;
            let len = entry.address(address_form & 0x0f)?;
            let offset = pc.wrapping_sub(begin);
            if offset >= len {
                return None;
            }
            let mut lsda = 0;
            if has_lengths {
                let len = entry.unsigned();
                let mut reader = entry;
                if lsda_form != 0xff && len != 0 {
                    lsda = reader.address(lsda_form)?;
                }
                entry.0 = entry.0.add(len);
            }
            let program = |at, end| Program { at, end };
            Some(Function {
                begin,
                lsda,
                // SAFETY: where there is one, it is a function of this type.
                personality: mem::transmute::<*const (), Option<Personality>>(
                    ptr::with_exposed_provenance(personality),
                ),
                offset,
                common: program(common, common_end),
                own: program(entry, end),
                code_step,
                data_step,
                return_register,
            })
        }
    }

    /// The registers of the frame that called the one with these.
    ///
    /// # Safety
    /// `registers` are those of a frame of this function, on a stack that can be read.
    pub(super) unsafe fn unwind(&self, registers: &Registers) -> Option<Registers> {
        let mut row = Row {
            base_register: 0,
            base_offset: 0,
            rules: [Rule::Same; N],
        };
        // SAFETY: both programs are the tables', for this function.
        unsafe {
            self.run(self.common, &mut row, None)?;
            let first = row.clone();
            self.run(self.own, &mut row, Some(&first))?;
        }
        let base = registers.named(row.base_register)?;
        let base = base.wrapping_add(row.base_offset);
        let mut caller = registers.clone();
        *caller.0.get_mut(SP)? = base;
        for (value, rule) in caller.0.iter_mut().zip(&row.rules) {
            match rule {
                Rule::Same => {}
                Rule::At(offset) => {
                    let mut place = Reader::at(base.wrapping_add(*offset));
                    // SAFETY: the function has written the register there, as the tables say.
                    *value = unsafe { place.read() };
                }
                Rule::Unknown => return None,
            }
        }
        let back = *caller.named(self.return_register)?;
        *caller.0.get_mut(PC)? = back;
        (back != 0).then_some(caller)
    }

    /// Follows instructions up to the place where the frame is.
    ///
    /// # Safety
    /// `program` is one of the tables.
    unsafe fn run(&self, program: Program, row: &mut Row, first: Option<&Row>) -> Option<()> {
        let Program { at: mut op, end } = program;
        let mut offset = 0_usize;
        let mut remembered = [const { None }; DEPTH_MAX];
        let mut depth = 0_usize;
        // SAFETY: operands follow their instruction, as section 6.4.2 has them.
        unsafe {
            while op.0.addr() < end {
                let code: u8 = op.read();
                let low = usize::from(code & 0x3f);
                let mut step = None;
                match (code & 0xc0, low) {
                    (0x40, _) => step = Some(low),
                    (0x80, _) => {
                        let at = op.unsigned().wrapping_mul(self.data_step);
                        row.set(low, Rule::At(at));
                    }
                    (0xc0, _) => row.reset(low, first),
                    (_, 0x00) => {}
                    (_, 0x02) => step = Some(usize::from(op.read::<u8>())),
                    (_, 0x03) => step = Some(usize::from(op.read::<u16>())),
                    (_, 0x04) => step = Some(op.read::<u32>() as usize),
                    (_, 0x05) => {
                        let register = op.unsigned();
                        let at = op.unsigned().wrapping_mul(self.data_step);
                        row.set(register, Rule::At(at));
                    }
                    (_, 0x06) => row.reset(op.unsigned(), first),
                    (_, 0x07) => row.set(op.unsigned(), Rule::Unknown),
                    (_, 0x08) => row.set(op.unsigned(), Rule::Same),
                    (_, 0x0a) => {
                        *remembered.get_mut(depth)? = Some(row.clone());
                        depth = depth.wrapping_add(1);
                    }
                    (_, 0x0b) => {
                        depth = depth.wrapping_sub(1);
                        *row = remembered.get_mut(depth)?.take()?;
                    }
                    (_, 0x0c) => {
                        row.base_register = op.unsigned();
                        row.base_offset = op.unsigned();
                    }
                    (_, 0x0d) => row.base_register = op.unsigned(),
                    (_, 0x0e) => row.base_offset = op.unsigned(),
                    (_, 0x11) => {
                        let register = op.unsigned();
                        let at = op.signed().wrapping_mul(self.data_step);
                        row.set(register, Rule::At(at));
                    }
                    (_, 0x12) => {
                        row.base_register = op.unsigned();
                        row.base_offset = op.signed().wrapping_mul(self.data_step);
                    }
                    (_, 0x13) => row.base_offset = op.signed().wrapping_mul(self.data_step),
                    // What a call has pushed for its arguments, which its return address is behind.
                    (_, 0x2e) => drop(op.unsigned()),
                    // Expressions, and what no compiler writes into an executable.
                    _ => return None,
                }
                if let Some(step) = step {
                    offset = offset.wrapping_add(step.wrapping_mul(self.code_step));
                    if offset > self.offset {
                        break;
                    }
                }
            }
        }
        Some(())
    }
}

/// Where a frame has what the calling one must get back.
#[derive(Clone)]
struct Row {
    /// The frame's base, which is the stack pointer of the calling one: a register by its number in
    /// DWARF, and what is added.
    base_register: usize,
    base_offset: usize,
    rules: [Rule; N],
}

#[derive(Clone, Copy)]
enum Rule {
    /// In its register.
    Same,
    /// In memory, so far from the base.
    At(usize),
    /// Nowhere, or nowhere that is known here.
    Unknown,
}

impl Row {
    fn set(&mut self, register: usize, rule: Rule) {
        if let Some(place) = self.rules.get_mut(slot(register)) {
            *place = rule;
        }
    }

    fn reset(&mut self, register: usize, first: Option<&Row>) {
        let rule = first.and_then(|first| first.rules.get(slot(register)));
        self.set(register, rule.copied().unwrap_or(Rule::Same));
    }
}
