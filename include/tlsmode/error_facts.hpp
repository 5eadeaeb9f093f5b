// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ERROR_FACTS_HPP
#define TLSMODE_ERROR_FACTS_HPP

#include <cstddef>
#include <string_view>

namespace tlsmode {

/// What an Error was doing when it came up.
enum class Operation {
  none,
  make_context,
  configure_context,
  load_identity,
  load_trust,
  name_peer,
  open_socket,
  make_connection,
  handshake,
  read,
  write,
  retry,
  flush,
  shutdown,
  update_keys,
  wait,
};

/// Which of its facts an Error is about.
enum class ErrorKind {
  none,           ///< no error
  misuse,         ///< the caller broke a rule; nothing was changed and the connection is as usable as before
  input,          ///< a certificate, key, name, path or setting cannot be used
  system,         ///< a system call or the transport failed: see system_error()
  verification,   ///< the peer's certificate was refused: see verify_result()
  protocol,       ///< OpenSSL or the peer ended the protocol: see queue() and alert()
  timeout,        ///< a deadline passed; the connection is still usable
  interrupted,    ///< waiting was ended before its time; the connection is still usable
  out_of_memory,  ///< an allocation failed
};

/// One entry of OpenSSL's error queue. Lifetime of the texts: as long as the Error they came from.
struct QueueEntry {
  unsigned long code;    ///< as ERR_get_error(3) gives it
  int line;              ///< in OpenSSL's source
  const char* file;      ///< of OpenSSL's source; never null
  const char* function;  ///< in OpenSSL's source; never null
  const char* reason;    ///< in words; never null
  const char* data;      ///< what the reporter added, such as a file name; never null
};

[[nodiscard]] constexpr std::string_view name(Operation operation) noexcept {
  switch (operation) {
    case Operation::none: return "no operation";
    case Operation::make_context: return "making a context";
    case Operation::configure_context: return "configuring a context";
    case Operation::load_identity: return "loading an identity";
    case Operation::load_trust: return "loading trusted certificates";
    case Operation::name_peer: return "naming the peer";
    case Operation::open_socket: return "taking a socket";
    case Operation::make_connection: return "making a connection";
    case Operation::handshake: return "handshake";
    case Operation::read: return "read";
    case Operation::write: return "write";
    case Operation::retry: return "retry";
    case Operation::flush: return "flush";
    case Operation::shutdown: return "shutdown";
    case Operation::update_keys: return "update_keys";
    case Operation::wait: return "wait";
  }
  return "unknown operation";
}

[[nodiscard]] constexpr std::string_view name(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::none: return "none";
    case ErrorKind::misuse: return "misuse";
    case ErrorKind::input: return "input";
    case ErrorKind::system: return "system";
    case ErrorKind::verification: return "verification";
    case ErrorKind::protocol: return "protocol";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::interrupted: return "interrupted";
    case ErrorKind::out_of_memory: return "out_of_memory";
  }
  return "unknown";
}

/// What an Error is made from: what its maker knows before OpenSSL's queue is looked into. The texts are copied, except
/// `remedy`. Lifetime: `remedy` outlives every copy of the error; a literal does.
struct ErrorFacts {
  ErrorKind kind = ErrorKind::protocol;
  Operation operation = Operation::none;
  std::string_view message{};  ///< what was wrong and where; may be empty if OpenSSL says it all
  std::string_view subject{};  ///< the file, name or setting that was at fault; quoted behind the message
  std::string_view remedy{};   ///< what to do, where there is something better than the common remedies
  int system_error = 0;        ///< errno; 0 if no system call failed
  long verify_result = 0;      ///< an X509_V_* code
};

}  // namespace tlsmode

#endif
