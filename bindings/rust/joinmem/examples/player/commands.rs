// SPDX-License-Identifier: MIT
//! The commands of the player's main thread: those of objects without a thread of their own, and
//! which thread has the others.
use super::*;

impl Player {
    pub fn run(&mut self, words: Words) -> Answer {
        match words.text(0)? {
            "version" => Ok(format!(" {}", joinmem::version())),
            "quit" => Ok(String::new()),
            "shm" => self.open_memory(&words),
            "local" => self.create_memory(&words),
            "queue" => self.open_queue(&words),
            "set" => {
                self.keep(&words, Object::Set(WaitSet::new()?))?;
                Ok(String::new())
            }
            "unlink" => {
                joinmem::unlink(words.text(1)?)?;
                Ok(String::new())
            }
            "close" => self.close(&words),
            "write" | "read" | "placement" | "initialise" | "initialised" => self.memory(words),
            "push" | "push_many" | "reserve" | "fill" | "commit" | "flood" => {
                match self.object(&words)? {
                    Object::Queue { producer, .. } => producer.ask(words),
                    _ => Err(Fault::Errno(errno::EINVAL)),
                }
            }
            "pop" | "pop_many" | "peek" | "release" | "drain" => match self.object(&words)? {
                Object::Queue { consumer, .. } => consumer.ask(words),
                _ => Err(Fault::Errno(errno::EINVAL)),
            },
            "shutdown" | "info" | "stats" | "tag" | "await_element" | "await_room" => {
                of_queue(self.control(words.text(1)?)?, &words)
            }
            "add" | "modify" | "remove" | "wait" | "wake" | "poll" => match self.object(&words)? {
                Object::Set(set) => self.of_set(set, &words),
                _ => Err(Fault::Errno(errno::EINVAL)),
            },
            _ => Err(Fault::Unknown),
        }
    }

    /// The object of the label; a closed one is a bad handle.
    fn object(&self, words: &Words) -> Result<&Object, Fault> {
        self.objects.get(words.text(1)?).ok_or(Fault::Errno(errno::EBADF))
    }

    fn control(&self, label: &str) -> Result<&Control, Fault> {
        match self.objects.get(label) {
            Some(Object::Queue { control, .. }) => Ok(control),
            Some(_) => Err(Fault::Errno(errno::EINVAL)),
            None => Err(Fault::Errno(errno::EBADF)),
        }
    }

    fn keep(&mut self, words: &Words, object: Object) -> Result<(), Fault> {
        self.objects.insert(words.text(1)?.into(), object);
        Ok(())
    }

    fn close(&mut self, words: &Words) -> Answer {
        match self.objects.remove(words.text(1)?).ok_or(Fault::Errno(errno::EBADF))? {
            Object::Shared(server) => server.close(),
            Object::Queue { control, producer, consumer } => {
                drop(control);
                producer.close();
                consumer.close();
            }
            Object::Local(_) | Object::Set(_) => (),
        }
        Ok(String::new())
    }

    fn open_memory(&mut self, words: &Words) -> Answer {
        let options = match words.text(4)? {
            "create" => MemOptions::new().open_mode(OpenMode::Create),
            "open" => MemOptions::new().open_mode(OpenMode::Open),
            "read" => MemOptions::new().open_mode(OpenMode::Open).read_only(true),
            "either" => MemOptions::new(),
            _ => return Err(Fault::Unknown),
        };
        let memory = options.shared(words.text(2)?, words.number(3)?)?;
        let answer = format!(" {} {}", u8::from(memory.created()), memory.len());
        self.keep(words, Object::Shared(Server::start(|desk| serve_memory(memory, desk))))?;
        Ok(answer)
    }

    fn create_memory(&mut self, words: &Words) -> Answer {
        let memory = LocalMem::new(words.number(2)?)?;
        let answer = format!(" {}", memory.len());
        self.keep(words, Object::Local(memory))?;
        Ok(answer)
    }

    fn memory(&mut self, words: Words) -> Answer {
        let outside = Fault::Errno(errno::ERANGE);
        match self.objects.get_mut(words.text(1)?).ok_or(Fault::Errno(errno::EBADF))? {
            Object::Shared(server) => server.ask(words),
            Object::Local(memory) => match words.text(0)? {
                "write" => {
                    let (offset, bytes): (usize, _) = (words.number(2)?, words.bytes(3)?);
                    let to = memory.get_mut(offset..).and_then(|rest| rest.get_mut(..bytes.len()));
                    to.ok_or(outside)?.copy_from_slice(&bytes);
                    Ok(String::new())
                }
                "read" => {
                    let (offset, count): (usize, usize) = (words.number(2)?, words.number(3)?);
                    let from = memory.get(offset..).and_then(|rest| rest.get(..count));
                    Ok(format!(" {}", hex(from.ok_or(outside)?)))
                }
                "placement" => fact(&memory.placement()?.report, &words),
                _ => Err(Fault::Errno(errno::EINVAL)), // private memory is not initialised
            },
            Object::Queue { control, .. } if words.text(0)? == "placement" => {
                fact(&control.placement()?.report, &words)
            }
            _ => Err(Fault::Errno(errno::EINVAL)),
        }
    }

    fn open_queue(&mut self, words: &Words) -> Answer {
        let kind = match words.text(2)? {
            "spsc" => Kind::Spsc,
            "mpsc" => Kind::Mpsc,
            "mpmc" => Kind::Mpmc,
            _ => return Err(Fault::Unknown),
        };
        let mut options = QueueOptions::new();
        for word in &words.0[6.min(words.0.len())..] {
            options = with_option(options, word)?;
        }
        let (name, capacity, size) = (words.text(3)?, words.number(4)?, words.number(5)?);
        let queue = match name {
            "-" => options.private_any(kind, capacity, size)?,
            _ => options.open_any(kind, name, capacity, size)?,
        };
        let (control, created) = (queue.control(), queue.created());
        let (producer, consumer) = queue.split();
        let producer = Server::start(|desk| serve_producer(producer, desk));
        let consumer = Server::start(|desk| serve_consumer(consumer, desk));
        self.keep(words, Object::Queue { control, producer, consumer })?;
        Ok(format!(" {}", u8::from(created)))
    }

    fn of_set(&self, set: &WaitSet, words: &Words) -> Answer {
        match words.text(0)? {
            command @ ("add" | "modify") => {
                let queue = self.control(words.text(2)?)?;
                let ready = match words.text(3)? {
                    "e" => Ready::ELEMENT,
                    "r" => Ready::ROOM,
                    "er" => Ready::ELEMENT | Ready::ROOM,
                    "-" => Ready::NOTHING,
                    _ => return Err(Fault::Unknown),
                };
                let (key, amount) = (words.number(4)?, words.number(5)?);
                match command {
                    "add" => set.add(queue, ready, key, amount)?,
                    _ => set.modify(queue, ready, key, amount)?,
                }
            }
            "remove" => set.remove(self.control(words.text(2)?)?)?,
            "wait" => {
                let mut room = vec![Event::default(); words.number(2)?];
                let mut events = set.wait(&mut room, words.timeout(3)?)?.to_vec();
                events.sort_by_key(|event| event.key);
                let event = |e: &Event| format!(" {}:{}", e.key, e.ready.bits());
                return Ok(events.iter().map(event).collect());
            }
            "wake" => set.wake()?,
            _ => return Ok(format!(" {}", u8::from(is_readable(set, words.number(2)?)?))),
        }
        Ok(String::new())
    }
}

fn with_option(options: QueueOptions, word: &str) -> Result<QueueOptions, Fault> {
    let (key, value) = word.split_once('=').ok_or(Fault::Unknown)?;
    if key == "mode" {
        let mode = match value {
            "create" => OpenMode::Create,
            "open" => OpenMode::Open,
            _ => OpenMode::CreateOrOpen,
        };
        return Ok(options.open_mode(mode));
    }
    let number: u64 = value.parse().map_err(|_| Fault::Unknown)?;
    Ok(match key {
        "type_id" => options.type_id(number),
        "tag" => options.tag(number),
        "max_producers" => options.max_producers(number as u32),
        "owner_dead" => options.owner_dead(number != 0),
        "exclusive" if number != 0 => options,
        // SAFETY: the driver of the scenarios lets one player at a time push and one pop.
        "exclusive" => unsafe { options.not_exclusive() },
        _ => return Err(Fault::Unknown),
    })
}

fn of_queue(queue: &Control, words: &Words) -> Answer {
    match words.text(0)? {
        "shutdown" => queue.shutdown()?,
        "await_element" => queue.await_element(words.number(2)?, words.timeout(3)?)?,
        "await_room" => queue.await_room(words.number(2)?, words.timeout(3)?)?,
        "tag" => return Ok(format!(" {}", queue.tag())),
        "stats" => {
            let s = queue.stats()?;
            let shut = u8::from(s.shut_down);
            return Ok(format!(" {} {} {} {} {}", s.pushed, s.popped, s.deaths, s.skipped, shut));
        }
        _ => {
            let kind = format!("{:?}", queue.kind()).to_lowercase();
            let (size, capacity) = (queue.element_size(), queue.capacity());
            let (pending, available) = (queue.pending(), queue.available());
            return Ok(format!(" {} {} {} {} {}", kind, size, capacity, pending, available));
        }
    }
    Ok(String::new())
}
