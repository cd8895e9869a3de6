//! The writers and the reader of a creation, step by step, and the wrong ways to do it. What they do and why stands
//! one level up.

pub const WRITERS: usize = 3;

/// What a writer appends: 1 to 3.
pub type Token = u8;
/// What the register has handed out to a writer: 1 to 3, too, but in the order of arrival.
pub type Number = u8;

/// A document: the tokens appended to it so far, 0 where there is none yet. `rev` follows from how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Document {
    pub born: bool,
    pub tokens: [Token; WRITERS],
}

impl Document {
    fn new(born: bool, token: Token) -> Self {
        let mut tokens = [0; WRITERS];
        tokens[0] = token;
        Self { born, tokens }
    }

    /// What a commit of `token` makes of it.
    fn with(mut self, token: Token) -> Self {
        let free = self.tokens.iter_mut().find(|kept| **kept == 0).unwrap();
        *free = token;
        self.born = true;
        self
    }
}

/// The register: how many have come, and which of them has won (0 while it is open).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Register {
    count: u8,
    pub winner: Number,
}

/// Everything in the store. The document of number k is at `documents[k - 1]`; the first one is at the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Stored {
    pub register: Register,
    pub documents: [Option<Document>; WRITERS],
}

impl Stored {
    /// The document at the key itself.
    pub fn first(&self) -> Option<Document> {
        self.documents[0]
    }

    fn at(&self, number: Number) -> Option<Document> {
        self.documents[usize::from(number - 1)]
    }

    fn set(&mut self, number: Number, document: Document) {
        self.documents[usize::from(number - 1)] = Some(document);
    }

    /// The swap of Spin's SQLite: without condition where `seen` is nothing.
    fn swap(&mut self, number: Number, seen: Option<Document>, next: Document) -> bool {
        let done = seen.is_none() || self.at(number) == seen;
        if done {
            self.set(number, next);
        }
        done
    }
}

/// What a writer does next. Each is one operation of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Open the document at the key.
    Open,
    /// It is absent or unborn: ask the register who lives.
    AskRegister { found: Option<Document> },
    /// Open the document of the winner.
    OpenLiving { winner: Number },
    /// Swap the document that was seen for one with the own token.
    Commit {
        number: Number,
        seen: Option<Document>,
    },
    /// Take a number.
    TakeNumber,
    /// Write a document of one's own.
    Write { number: Number },
    /// Open the register, to write the winner into it.
    OpenRegister { number: Number },
    /// Swap the own number into the register.
    SwapRegister { number: Number, seen: Register },
    /// Only where number 1 alone creates: look whether it has.
    Wait { number: Number },
    /// Nothing: the token is acknowledged.
    Acknowledged,
    /// Nothing any more.
    Crashed,
}

/// What a reader does next. Others step in between, so its answer must hold what was acknowledged before it began.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Read the document at the key.
    Begin,
    /// It is absent or unborn: ask the register who lives.
    AskRegister {
        due: Vec<Token>,
        found: Option<Document>,
    },
    /// Read the document of the winner.
    ReadLiving { due: Vec<Token>, winner: Number },
    /// Nothing: it has answered, without something that was due, or not.
    Answered { missed: bool },
}

impl Reader {
    fn answer(document: Option<Document>, due: &[Token]) -> Self {
        let tokens = document.map_or([0; WRITERS], |document| document.tokens);
        let missed = due.iter().any(|token| !tokens.contains(token));
        Self::Answered { missed }
    }
}

/// How documents are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// By the register, as the store does.
    Register,
    /// Wrong: by the register, but every writer writes to the key itself.
    RegisterWithOnePlace,
    /// Wrong: by the register, but who finds an unborn document at the key takes it as it is.
    RegisterWithoutUnborn,
    /// Wrong: by a swap on the absent key.
    PlainSwap,
    /// Wrong: number 1 creates, the others wait for it.
    FirstCreates {
        /// Who waits gives up at some time, and creates.
        time_out: bool,
    },
}

impl Protocol {
    fn has_register(self) -> bool {
        !matches!(self, Self::PlainSwap | Self::FirstCreates { .. })
    }

    /// Whether what was found at the key needs no question to the register.
    fn lives(self, found: Option<Document>) -> bool {
        found.is_some_and(|document| document.born || self == Self::RegisterWithoutUnborn)
    }

    /// Which place the writer of `number` writes to.
    fn place(self, number: Number) -> Number {
        match self {
            Self::Register | Self::RegisterWithoutUnborn => number,
            Self::RegisterWithOnePlace | Self::PlainSwap | Self::FirstCreates { .. } => 1,
        }
    }

    /// One operation of the writer of `token`, and what it does after.
    pub fn write(self, stored: &mut Stored, token: Token, next: Next) -> Next {
        match next {
            Next::Open => match stored.first() {
                seen if self.lives(seen) => Next::Commit { number: 1, seen },
                found if self.has_register() => Next::AskRegister { found },
                seen if self == Self::PlainSwap => Next::Commit { number: 1, seen },
                _ => Next::TakeNumber,
            },
            Next::AskRegister { found } => match (stored.register.winner, found) {
                (0, _) => Next::TakeNumber,
                (1, seen @ Some(_)) => Next::Commit { number: 1, seen },
                (winner, _) => Next::OpenLiving { winner },
            },
            Next::OpenLiving { winner } => {
                let number = self.place(winner);
                match stored.at(number) {
                    None => Next::TakeNumber,
                    seen => Next::Commit { number, seen },
                }
            }
            Next::Commit { number, seen } => {
                let changed = match seen {
                    Some(document) => document.with(token),
                    None => Document::new(true, token),
                };
                if stored.swap(number, seen, changed) {
                    Next::Acknowledged
                } else {
                    Next::Open
                }
            }
            Next::TakeNumber => {
                stored.register.count += 1;
                let number = stored.register.count;
                match self {
                    Self::FirstCreates { .. } if number > 1 => Next::Wait { number },
                    _ if stored.register.winner != 0 => Next::Open,
                    _ => Next::Write { number },
                }
            }
            Next::Write { number } => {
                let born = !self.has_register();
                stored.set(self.place(number), Document::new(born, token));
                match self.has_register() {
                    true => Next::OpenRegister { number },
                    false => Next::Acknowledged,
                }
            }
            Next::OpenRegister { number } => match stored.register {
                seen @ Register { winner: 0, .. } => Next::SwapRegister { number, seen },
                _ => Next::Open,
            },
            Next::SwapRegister { number, seen } if stored.register == seen => {
                stored.register.winner = number;
                Next::Acknowledged
            }
            Next::SwapRegister { number, .. } => Next::OpenRegister { number },
            Next::Wait { number } => match stored.first() {
                None => Next::Write { number },
                seen => Next::Commit { number: 1, seen },
            },
            over @ (Next::Acknowledged | Next::Crashed) => over,
        }
    }

    /// Whether a writer can do anything. One who waits without end for number 1 cannot while that has not written.
    pub fn can_write(self, stored: &Stored, next: Next) -> bool {
        match next {
            Next::Acknowledged | Next::Crashed => false,
            Next::Wait { .. } => {
                self == (Self::FirstCreates { time_out: true }) || stored.first().is_some()
            }
            _ => true,
        }
    }

    /// One operation of the reader, and what it does after. `acknowledged` is what is so by now.
    pub fn read(self, stored: &Stored, reader: &Reader, acknowledged: Vec<Token>) -> Reader {
        match reader {
            Reader::Begin => match stored.first() {
                found if self.lives(found) || !self.has_register() => {
                    Reader::answer(found, &acknowledged)
                }
                found => Reader::AskRegister {
                    due: acknowledged,
                    found,
                },
            },
            Reader::AskRegister { due, found } => match (stored.register.winner, found) {
                (0, _) => Reader::answer(None, due),
                (1, Some(_)) => Reader::answer(*found, due),
                (winner, _) => Reader::ReadLiving {
                    due: due.clone(),
                    winner,
                },
            },
            Reader::ReadLiving { due, winner } => {
                Reader::answer(stored.at(self.place(*winner)), due)
            }
            answered @ Reader::Answered { .. } => answered.clone(),
        }
    }

    /// Whether a reader that nobody disturbs misses something that is acknowledged by now.
    pub fn loses(self, stored: &Stored, acknowledged: Vec<Token>) -> bool {
        let mut reader = Reader::Begin;
        loop {
            if let Reader::Answered { missed } = reader {
                return missed;
            }
            reader = self.read(stored, &reader, acknowledged.clone());
        }
    }
}
