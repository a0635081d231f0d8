// SPDX-License-Identifier: MIT
// The implementation of tracer.hpp by ptrace(2). Needs Linux 5.3 (PTRACE_GET_SYSCALL_INFO).
#include "tracer.hpp"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace crash
{
namespace
{
const uint64_t magic = 0x6a6f696e6d61726b;  // "joinmark"
const int untraceable = 125;
const int threw = 124;

[[noreturn]] void refuse (const char* what)
{
    throw std::runtime_error (std::string (what) + ": " + ::strerror (errno));
}

struct Registers
{
    user_regs_struct words;
};

Registers registersOf (pid_t pid)
{
    Registers registers;
    iovec area = {&registers.words, sizeof (registers.words)};
    if (::ptrace (PTRACE_GETREGSET, pid, NT_PRSTATUS, &area) == -1)
    {
        refuse ("PTRACE_GETREGSET");
    }
    return registers;
}

void setRegisters (pid_t pid, Registers& registers)
{
    iovec area = {&registers.words, sizeof (registers.words)};
    if (::ptrace (PTRACE_SETREGSET, pid, NT_PRSTATUS, &area) == -1)
    {
        refuse ("PTRACE_SETREGSET");
    }
}

// A number that no call has: the kernel returns ENOSYS and does nothing.
void replaceCall (pid_t pid)
{
#if defined(__x86_64__)
    Registers registers = registersOf (pid);
    registers.words.orig_rax = static_cast<unsigned long long> (-1);
    setRegisters (pid, registers);
#elif defined(__aarch64__)
    int none = -1;
    iovec area = {&none, sizeof (none)};
    if (::ptrace (PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &area) == -1)
    {
        refuse ("NT_ARM_SYSTEM_CALL");
    }
#else
#error "the tracer knows the registers of x86-64 and aarch64"
#endif
}

void replaceResult (pid_t pid, int64_t result)
{
    Registers registers = registersOf (pid);
#if defined(__x86_64__)
    registers.words.rax = static_cast<unsigned long long> (result);
#elif defined(__aarch64__)
    registers.words.regs[0] = static_cast<unsigned long long> (result);
#endif
    setRegisters (pid, registers);
}

int runBody (const std::function<int ()>& body)
{
    try
    {
        return body ();
    }
    catch (...)
    {
        return threw;
    }
}
}  // namespace

Traced::Traced (const std::function<int ()>& body)
{
    _pid = ::fork ();
    if (_pid == -1)
    {
        refuse ("fork");
    }
    if (_pid == 0)
    {
        if (::ptrace (PTRACE_TRACEME, 0, nullptr, nullptr) == -1)
        {
            ::_exit (untraceable);
        }
        ::raise (SIGSTOP);
        ::alarm (60);  // a child that hangs ends by SIGALRM
        ::_exit (runBody (body));
    }
    if (::waitpid (_pid, &_status, 0) != _pid || !WIFSTOPPED (_status))
    {
        _gone = true;
        errno = EPERM;
        refuse ("PTRACE_TRACEME");
    }
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
    if (::ptrace (PTRACE_SETOPTIONS, _pid, nullptr, options) == -1)
    {
        const int error = errno;
        kill ();
        errno = error;
        refuse ("PTRACE_SETOPTIONS");
    }
}

Traced::~Traced ()
{
    kill ();
}

void Traced::kill ()
{
    if (!_gone)
    {
        ::kill (_pid, SIGKILL);
        while (::waitpid (_pid, &_status, 0) == _pid && WIFSTOPPED (_status))
        {
        }
        _gone = true;
    }
}

Stop Traced::resume (int request)
{
    int signal = 0;
    while (!_gone)
    {
        if (::ptrace (static_cast<__ptrace_request> (request), _pid, nullptr, signal) == -1 && errno != ESRCH)
        {
            refuse ("ptrace");
        }
        if (::waitpid (_pid, &_status, 0) != _pid)
        {
            refuse ("waitpid");
        }
        if (!WIFSTOPPED (_status))
        {
            _gone = true;
            break;
        }
        if (WSTOPSIG (_status) == (SIGTRAP | 0x80))
        {
            return readCall ();
        }
        if (WSTOPSIG (_status) == SIGTRAP && request == PTRACE_SINGLESTEP)
        {
            return Stop::Instruction;
        }
        signal = WSTOPSIG (_status) == SIGSTOP ? 0 : WSTOPSIG (_status);
    }
    return Stop::Gone;
}

Stop Traced::readCall ()
{
    __ptrace_syscall_info info = {};
    if (::ptrace (PTRACE_GET_SYSCALL_INFO, _pid, sizeof (info), &info) == -1)
    {
        refuse ("PTRACE_GET_SYSCALL_INFO");
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
    {
        _call = SystemCall ();
        _call.number = static_cast<long> (info.entry.nr);
        for (int i = 0; i < 6; ++i)
        {
            _call.arguments[i] = info.entry.args[i];
        }
        _error = 0;
        return Stop::Entry;
    }
    _call.result = info.exit.rval;
    if (_error != 0)
    {
        _call.result = -_error;
        _call.failed = true;
        replaceResult (_pid, _call.result);
        _error = 0;
    }
    return Stop::Exit;
}

Stop Traced::toSystemCall ()
{
    return resume (PTRACE_SYSCALL);
}

Stop Traced::step ()
{
    return resume (PTRACE_SINGLESTEP);
}

void Traced::fail (int error)
{
    replaceCall (_pid);
    _error = error;
}

bool Traced::isMark (unsigned id) const
{
    return _call.number == SYS_getpid && _call.arguments[0] == magic && _call.arguments[1] == id;
}

bool Traced::toMark (unsigned id)
{
    Stop stop = toSystemCall ();
    while (stop != Stop::Gone && !(stop == Stop::Exit && isMark (id)))
    {
        stop = toSystemCall ();
    }
    return stop != Stop::Gone;
}

bool Traced::between (unsigned first, unsigned last, const std::function<bool (Stop)>& at)
{
    if (!toMark (first))
    {
        return false;
    }
    Stop stop = toSystemCall ();
    while (stop != Stop::Gone && !isMark (last))
    {
        if (!at (stop))
        {
            return false;
        }
        stop = toSystemCall ();
    }
    return stop != Stop::Gone;
}

int Traced::finish ()
{
    while (resume (PTRACE_CONT) != Stop::Gone)
    {
    }
    return _status;
}

uint64_t Traced::instructionPointer () const
{
#if defined(__x86_64__)
    return registersOf (_pid).words.rip;
#elif defined(__aarch64__)
    return registersOf (_pid).words.pc;
#endif
}

std::string Traced::text (uint64_t address) const
{
    std::string result;
    while (address != 0 && result.size () < 4096)
    {
        errno = 0;
        const long word = ::ptrace (PTRACE_PEEKDATA, _pid, address + result.size (), nullptr);
        if (errno != 0)
        {
            return result;
        }
        char bytes[sizeof (word)];
        ::memcpy (bytes, &word, sizeof (word));
        for (char byte : bytes)
        {
            if (byte == 0)
            {
                return result;
            }
            result += byte;
        }
    }
    return result;
}

void mark (unsigned id)
{
    ::syscall (SYS_getpid, magic, static_cast<unsigned long> (id));
}

std::string whyNotTraced ()
{
    try
    {
        Traced child ([] {
            mark (1);
            return 0;
        });
        return child.toMark (1) && child.finish () == 0 ? ""
                                                        : "a traced child ended with " + describe (child.status ());
    }
    catch (const std::exception& error)
    {
        return error.what ();
    }
}

std::string describe (int status)
{
    if (WIFSIGNALED (status))
    {
        return "signal " + std::to_string (WTERMSIG (status)) + " (" + ::strsignal (WTERMSIG (status)) + ")";
    }
    if (WIFEXITED (status) && WEXITSTATUS (status) == threw)
    {
        return "an uncaught exception";
    }
    return "exit code " + std::to_string (WEXITSTATUS (status));
}

}  // namespace crash
