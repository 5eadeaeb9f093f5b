// SPDX-License-Identifier: MIT
// What a peer program provides: one end of any number of connections. The harness calls it; nothing here is on the fast path.
#ifndef TLSMODE_BENCH_SUPPORT_PEER_HPP
#define TLSMODE_BENCH_SUPPORT_PEER_HPP

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "script.hpp"

namespace bench {

enum class Side { client, server };

/// A P-256 key and a self-signed certificate for `localhost`, made for this run. The client trusts it and checks the name.
/// A self-signed certificate, or, as on the Internet, one below an intermediate below a root.
struct Identity {
  std::string certificate_pem;  // what the server shows: the certificate, and the intermediate if there is one
  std::string key_pem;
  std::string root_pem;     // what the client trusts
  bool in_a_chain = false;  // then the client trusts what the system trusts, too
};

inline constexpr const char* server_name = "localhost";
inline constexpr const char* cipher_suite = "TLS_AES_128_GCM_SHA256";

struct Setup {
  Side side;
  const Identity& identity;
  bool resume;
};

/// What was negotiated, so that a table never compares different things silently.
struct Facts {
  std::string library;
  std::string protocol;
  std::string cipher;
  bool resumed = false;
  std::string group = "";  // of the key exchange; empty: the library does not say
};

class Peer {
 public:
  virtual ~Peer() = default;

  /// Takes the connected TCP socket and does the handshake. Connections are numbered in the order of opening.
  virtual void open(int descriptor) = 0;

  /// Plays scripts[i] on connection first + i, all of them together, until every one has ended. The connections stay open.
  virtual void play(std::size_t first, std::span<Script> scripts) = 0;

  /// Says goodbye on every connection, closes it, and starts numbering again.
  virtual void close() = 0;

  virtual Facts facts(std::size_t connection) = 0;
};

// Defined by each peer's program.
extern const char* const peer_name;
std::unique_ptr<Peer> make_peer(const Setup& setup);

}  // namespace bench

#endif
