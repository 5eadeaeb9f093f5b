// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_FUZZ_SIDE_HPP
#define TLSMODE_TESTS_FUZZ_SIDE_HPP

// A connection, its caller, who does right and wrong as the input says, and a model of what the peer has to get.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "fuzz/any_connection.hpp"
#include "support/wire.hpp"

namespace tlsmode_tests {

/// What one side of a wire has said, in a stream of its own.
struct Said {
  std::uint64_t seed;
  std::size_t accepted = 0;  // bytes that the other side gets
  std::size_t most = 0;      // and at most gets: with those of a write that is committed, or has failed
  bool may_close = false;    // it has begun to say close_notify
  bool may_fail = false;     // what it says may be anything: nothing but a beginning of the stream arrives
  unsigned keys_asked = 0;   // how often it has asked the other side for new keys
};

class Side {
 public:
  /// `hurt` is whether the network or a peer has done harm: then failing is allowed.
  Side(std::unique_ptr<AnyConnection> connection, Lane& out, Lane& in, Said& mine, const Said& theirs, bool& hurt)
      : connection_{std::move(connection)}, out_{out}, in_{in}, mine_{mine}, theirs_{theirs}, hurt_{hurt} {}

  /// One thing that a caller or the network may do. Nothing happens to a side that is destroyed, but on the wire.
  void act(unsigned what, unsigned how);
  /// What a patient caller does: finishes the write, flushes, reads all there is.
  void carry_on();
  /// Requires that everything has arrived: after enough carry_on(), over a wire that has done no harm.
  void require_rest() const;

  [[nodiscard]] bool exists() const noexcept { return connection_ != nullptr; }
  void handshake();
  void read(std::size_t size);

 private:
  [[nodiscard]] tlsmode::PendingWrite pending() const { return connection_->pending_write(); }
  void write(std::size_t size);
  void retry(std::size_t more);
  void retry_wrongly(unsigned how);
  void cancel();
  void flush();
  void shutdown();
  void update_keys(bool ask_peer);
  void meddle(unsigned how);
  void settle(tlsmode::WriteResult result, std::size_t size);
  void note(tlsmode::IoStatus status);
  void forget();

  /// Makes a call, and checks what holds after every one.
  template <typename Call>
  auto call(Call what);

  std::unique_ptr<AnyConnection> connection_;
  Lane& out_;
  Lane& in_;
  Said& mine_;
  const Said& theirs_;
  bool& hurt_;
  std::string bytes_;  // of the write that is pending: they stay where they are
  std::size_t heard_ = 0;
  tlsmode::IoStatus end_ = tlsmode::IoStatus::done;  // closed or truncated, once reading has said so
  bool closes_ = false;                              // shutdown was called
  bool closed_ = false;                              // and is done
};

}  // namespace tlsmode_tests

#endif
