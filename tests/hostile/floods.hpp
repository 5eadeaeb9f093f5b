// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_HOSTILE_FLOODS_HPP
#define TLSMODE_TESTS_HOSTILE_FLOODS_HPP

// Every flood against every victim, driven by the waiting layer and by a poll loop. What must hold: it ends, at the deadline
// or before, after so many turns and calls, with so many bytes kept.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include <tlsmode/engine/read_budget.hpp>
#include <tlsmode/poll_waiter.hpp>
#include <tlsmode/tlsmode.hpp>

#include "hostile/victim.hpp"
#include "support/catch.hpp"

namespace hostile {

using tlsmode::IoStatus;
using tlsmode::WaitStatus;

/// The clock of a victim, for PollWaiter. One victim at a time.
struct Ticks {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Ticks>;
  static constexpr bool is_steady = true;
  static inline std::size_t passed = 0;
  static time_point now() noexcept { return time_point{duration{passed}}; }
};

/// A socket of which one end is always readable and writable.
class ReadySocket {
 public:
  ReadySocket() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_) == 0);
    REQUIRE(::write(ends_[1], "x", 1) == 1);
    socket_ = tlsmode::Socket{ends_[0]};
  }
  ReadySocket(const ReadySocket&) = delete;
  ReadySocket& operator=(const ReadySocket&) = delete;
  ~ReadySocket() { ::close(ends_[1]); }
  [[nodiscard]] const tlsmode::Socket& get() const noexcept { return *socket_; }

 private:
  int ends_[2] = {-1, -1};
  std::optional<tlsmode::Socket> socket_;
};

/// A PollWaiter whose socket is ready whenever the victim's wire is. Where it is not, it is not before the deadline.
template <typename Victim>
class Waiter {
 public:
  Waiter(Victim& victim, std::size_t ticks) : victim_{&victim} {
    victim.set_deadline(ticks);
    Ticks::passed = victim.ticks();
    poll_.restart(std::chrono::milliseconds{ticks});
  }
  [[nodiscard]] WaitStatus wait(tlsmode::Readiness readiness) noexcept {
    const bool ready = victim_->wait_for(readiness != tlsmode::Readiness::write, readiness != tlsmode::Readiness::read);
    Ticks::passed = victim_->ticks();
    const WaitStatus status = poll_.wait(readiness);  // never waits: the socket is ready
    return ready ? status : WaitStatus::timeout;
  }
  [[nodiscard]] WaitStatus check() noexcept {
    Ticks::passed = victim_->ticks();
    return poll_.check();
  }

 private:
  Victim* victim_;
  ReadySocket socket_{};
  tlsmode::BasicPollWaiter<Ticks> poll_{socket_.get()};
};

inline constexpr std::size_t patience = 500;  // ticks until the deadline

// A read goes on over records that are no data, as many as a budget has: the native engine with a call of OpenSSL for each,
// which asks its BIO twice, and again to send what a renegotiation has to.
inline constexpr std::size_t most_late = 4 * (tlsmode::engine::ReadBudget::most_records + 64);
inline constexpr std::size_t most_kept = 400'000;

struct Worst {
  std::size_t floods = 0;
  Cost cost{};
};
inline Worst worst{};

inline void note(const Cost& cost) {
  ++worst.floods;
  worst.cost.turns = std::max(worst.cost.turns, cost.turns);
  worst.cost.calls = std::max(worst.cost.calls, cost.calls);
  worst.cost.ssl_calls = std::max(worst.cost.ssl_calls, cost.ssl_calls);
  worst.cost.kept = std::max(worst.cost.kept, cost.kept);
  worst.cost.late = std::max(worst.cost.late, cost.late);
}

template <typename Victim>
void check_bounded(Victim& victim) {
  const Cost cost = victim.cost();
  INFO("turns " << cost.turns << ", calls " << cost.calls << ", SSL calls " << cost.ssl_calls << ", bytes kept "
                << cost.kept << ", ticks late " << cost.late << ": " << victim.connection.error().what());
  CHECK_FALSE(victim.peer_has_won);
  CHECK(cost.turns <= patience);
  CHECK(cost.calls <= patience + most_late);
  CHECK(cost.ssl_calls <= patience + most_late);
  CHECK(cost.kept <= most_kept);
  CHECK(cost.late <= most_late);
  note(cost);
}

inline const std::vector<char> sent(200'000);
inline std::vector<char> to(200'000);

enum class Call { read_some, read_exactly, write_all, shutdown, close };

/// `most`: bytes of input that come at a time, or 0: one byte a turn.
template <typename Kind>
void against_the_waiting_layer(int version, Flood flood, Call call, bool peer_reads, std::size_t most) {
  Victim<Kind> victim{version};
  victim.out().budget = peer_reads ? unlimited : 0;
  most == 0 ? victim.dribble(flood) : victim.flood(flood, most);
  Waiter<Victim<Kind>> waiter{victim, patience};
  switch (call) {
    case Call::read_some: static_cast<void>(tlsmode::read_some(victim.connection, to, waiter)); break;
    case Call::read_exactly: static_cast<void>(tlsmode::read_exactly(victim.connection, to, waiter)); break;
    case Call::write_all: static_cast<void>(tlsmode::write_all(victim.connection, sent, waiter)); break;
    case Call::shutdown: static_cast<void>(tlsmode::shutdown(victim.connection, waiter)); break;
    case Call::close: static_cast<void>(tlsmode::close(victim.connection, waiter)); break;
  }
  CHECK(victim.connection.pending_write().length == 0);
  check_bounded(victim);
}

/// The loop of the README's server, which sends back what it gets, and does nothing else. Here it ends at the deadline.
template <typename Kind>
class EchoLoop {
 public:
  explicit EchoLoop(Victim<Kind>& victim) : victim_{victim}, connection_{victim.connection} {}

  void run() {
    bool goes_on = go_on();
    while (goes_on && !victim_.is_late()) {
      const bool wants_input = has_room() && connection_.wants_read();
      goes_on = !victim_.wait_for(wants_input, connection_.wants_write()) || go_on();
    }
  }

 private:
  [[nodiscard]] bool go_on() {
    while (true) {
      IoStatus status = IoStatus::done;
      while (status == IoStatus::done && has_room()) {
        std::byte buffer[4096];
        const tlsmode::ReadResult read = connection_.read(buffer);
        unsent_.insert(unsent_.end(), buffer, buffer + read.bytes);
        status = read.status;
      }
      while (!unsent_.empty()) {
        const tlsmode::WriteResult write = send();
        if (write.status != IoStatus::done) {
          return would_block(write.status);
        }
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(write.bytes));
      }
      if (status == IoStatus::closed) {
        return connection_.shutdown() == IoStatus::want_write;
      }
      if (status != IoStatus::done) {
        return would_block(status);
      }
      if (victim_.is_late()) {  // a peer that sends and reads as fast as this side does is an honest one
        return true;
      }
    }
  }

  [[nodiscard]] tlsmode::WriteResult send() {
    using Policy = typename Kind::Policy;
    const bool is_retry = connection_.pending_write().length != 0;
    if constexpr (tlsmode::BuffersWrites<Policy>) {
      return connection_.write(unsent_);
    } else if constexpr (tlsmode::AllowsMovedBuffer<Policy>) {
      return is_retry ? connection_.retry(unsent_) : connection_.write(unsent_);
    } else {
      return is_retry ? connection_.retry() : connection_.write(unsent_);
    }
  }
  // What a rule keeps in place must not move: no input while a write is pending there.
  [[nodiscard]] bool has_room() const noexcept {
    const bool pinned = tlsmode::KeepsBufferInPlace<typename Kind::Policy> && connection_.pending_write().length != 0;
    return unsent_.size() < 512 && !pinned;
  }

  Victim<Kind>& victim_;
  typename Victim<Kind>::Connection& connection_;
  std::vector<std::byte> unsent_{};
};

template <typename Kind>
void against_a_poll_loop(int version, Flood flood, bool peer_reads, std::size_t most) {
  Victim<Kind> victim{version};
  victim.out().budget = peer_reads ? unlimited : 0;
  most == 0 ? victim.dribble(flood) : victim.flood(flood, most);
  victim.set_deadline(patience);
  EchoLoop<Kind>{victim}.run();
  check_bounded(victim);
}

struct Kinds {
  int version;
  Flood flood;
};
/// Every flood that a version has, as a generator.
[[nodiscard]] inline Kinds any_flood() {
  return GENERATE(Kinds{TLS1_3_VERSION, Flood::updates_that_ask}, Kinds{TLS1_3_VERSION, Flood::updates},
                  Kinds{TLS1_3_VERSION, Flood::tickets}, Kinds{TLS1_3_VERSION, Flood::empty_records},
                  Kinds{TLS1_2_VERSION, Flood::empty_records}, Kinds{TLS1_2_VERSION, Flood::renegotiations},
                  Kinds{TLS1_3_VERSION, Flood::warnings}, Kinds{TLS1_2_VERSION, Flood::warnings},
                  Kinds{TLS1_3_VERSION, Flood::updates_with_data}, Kinds{TLS1_3_VERSION, Flood::data},
                  Kinds{TLS1_2_VERSION, Flood::data});
}

/// These floods last as long as the whole budget does: one way for their bytes to come has to do. There are no
/// answers that the peer could read.
[[nodiscard]] inline bool is_long(Flood flood) { return flood == Flood::updates || flood == Flood::tickets; }

template <typename Kind>
void flood_the_waiting_layer() {
  const Kinds kinds = any_flood();
  const bool peer_reads = GENERATE(true, false);
  const std::size_t most = GENERATE(std::size_t{4096}, std::size_t{1}, std::size_t{0});
  const Call call = GENERATE(Call::read_some, Call::read_exactly, Call::write_all, Call::shutdown, Call::close);
  const bool only_sends = call == Call::write_all || call == Call::shutdown;  // and is done where the peer reads
  if (only_sends && (peer_reads || most != 4096)) return;
  if (is_long(kinds.flood) && (most == 1 || peer_reads || call == Call::read_exactly)) return;
  INFO("version " << kinds.version << ", flood " << static_cast<int>(kinds.flood) << ", call " << static_cast<int>(call)
                  << ", peer reads " << peer_reads << ", " << most << " bytes at a time");
  against_the_waiting_layer<Kind>(kinds.version, kinds.flood, call, peer_reads, most);
}

template <typename Kind>
void flood_a_poll_loop() {
  const Kinds kinds = any_flood();
  const bool peer_reads = GENERATE(true, false);
  const std::size_t most = GENERATE(std::size_t{4096}, std::size_t{1}, std::size_t{0});
  if (is_long(kinds.flood) && (most == 1 || peer_reads)) return;
  INFO("version " << kinds.version << ", flood " << static_cast<int>(kinds.flood) << ", peer reads " << peer_reads
                  << ", " << most << " bytes at a time");
  against_a_poll_loop<Kind>(kinds.version, kinds.flood, peer_reads, most);
}

/// Before there are keys: what OpenSSL skips in a handshake, however often it comes.
template <typename Kind>
void flood_a_handshake() {
  using namespace std::string_view_literals;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const std::string_view record = GENERATE("\x16\x03\x03\0\x04\0\0\0\0"sv,  // HelloRequest
                                           "\x14\x03\x03\0\x01\x01"sv,      // ChangeCipherSpec
                                           "\x15\x03\x03\0\x02\x01\x5a"sv,  // an alert: a warning
                                           "\x16\x03\x03\0\0"sv);           // nothing
  INFO("version " << version << ", a record of " << record.size() << " bytes");
  Victim<Kind> victim{version, false};
  victim.flood(record);
  Waiter<Victim<Kind>> waiter{victim, patience};
  CHECK(tlsmode::handshake(victim.connection, waiter) != WaitStatus::done);
  check_bounded(victim);
}

}  // namespace hostile

#endif
