// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_HOSTILE_VICTIM_HPP
#define TLSMODE_TESTS_HOSTILE_VICTIM_HPP

// A connection of any rule, engine and role after an honest handshake, and what it costs a peer to keep it busy.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "fuzz/forger.hpp"
#include "fuzz/raw_ssl.hpp"
#include "hostile/counted_calls.hpp"
#include "support/adopted.hpp"
#include "support/catch.hpp"
#include "support/heap_memory.hpp"
#include "support/tls_pair.hpp"
#include "support/wire.hpp"

namespace hostile {

using namespace tlsmode_tests;

/// What the peer sends without end. A flood begins with data only if it says so.
enum class Flood {
  updates_that_ask,   // KeyUpdates, each of which asks for one
  updates,            // KeyUpdates that ask for nothing
  tickets,            // TLS 1.3 NewSessionTickets, to clients
  empty_records,      // of application data
  renegotiations,     // TLS 1.2: HelloRequests to clients, ClientHellos to servers
  warnings,           // alerts of the level "warning"
  updates_with_data,  // a KeyUpdate that asks, and a byte of data: each is honest
  data,               // records of one byte
};

[[nodiscard]] inline std::string next_of(Flood flood, Forger& forger, bool to_client) {
  using namespace std::string_view_literals;
  constexpr std::string_view ticket =
      "\x04\x00\x00\x13\x00\x00\x1c\x20\x00\x00\x00\x01\x02no\x00\x04tick\x00\x00"sv;  // 7200 s, nonce, ticket
  constexpr std::string_view hello_request = "\0\0\0\0"sv;
  static const std::string client_hello =
      std::string{"\x01\x00\x00\x29\x03\x03"sv} + std::string(32, 'r') + std::string{"\0\0\x02\xc0\x2b\x01\0"sv};
  switch (flood) {
    case Flood::updates_that_ask: return forger.key_update(true);
    case Flood::updates: return forger.key_update(false);
    case Flood::tickets: return forger.record(SSL3_RT_HANDSHAKE, ticket);
    case Flood::empty_records: return forger.record(SSL3_RT_APPLICATION_DATA, {});
    case Flood::renegotiations: return forger.record(SSL3_RT_HANDSHAKE, to_client ? hello_request : client_hello);
    case Flood::warnings: return forger.record(SSL3_RT_ALERT, "\x01\x5a"sv);  // user_canceled
    case Flood::updates_with_data: return forger.key_update(true) + forger.record(SSL3_RT_APPLICATION_DATA, "x");
    case Flood::data: break;
  }
  return forger.record(SSL3_RT_APPLICATION_DATA, "x");
}

/// What it came to, in counters. Units: calls; bytes.
struct Cost {
  std::size_t turns = 0;      // of the loop, or of the waiting layer
  std::size_t calls = 0;      // of the transport
  std::size_t ssl_calls = 0;  // of OpenSSL
  std::size_t kept = 0;       // bytes of heap more than at the start, at most
  std::size_t late = 0;       // ticks after the deadline
};

template <typename Rule, typename Over, typename RoleOf>
struct VictimKind {
  static constexpr bool is_native = std::is_same_v<Over, NativeEngine>;
  using Transport = std::conditional_t<std::is_same_v<Over, WireEnd>, WireEnd, tlsmode::NativeBio>;
  struct Ruled : RoleOf {
    using Writes = Rule;
    static constexpr bool kernel_tls = is_native;
  };
  using Policy = Ruled;
};

/// The connection, and its peer, which forges records from now on. Time is counted: a tick for each call of the transport
/// and of OpenSSL, and for each turn.
template <typename Kind>
class Victim {
 public:
  using Policy = typename Kind::Policy;
  using Transport = typename Kind::Transport;
  using Connection = tlsmode::Connection<Policy, Transport>;
  static constexpr bool is_client = Policy::role == tlsmode::Role::client;
  static constexpr std::size_t most_records = 20'000;

  explicit Victim(int version, bool connected = true) : raw_{make_raw_ssl(!is_client, peer_end_)}, connection{make()} {
    set_version(connection.native_handle(), version, true);
    if (connected) connect(version);
    out().bytes.reserve(std::size_t{1} << 20U);
    start_of_calls_ = out().send_calls + in().receive_calls;
    start_of_ssl_calls_ = ssl_calls();
    cost_ = {};
    start_of_heap_ = heap_bytes_in_use();
  }
  Victim(const Victim&) = delete;  // everything points at the wire
  Victim& operator=(const Victim&) = delete;

  /// From now on there is always more input, `most` bytes at a time. After `most_records` the peer gives up: it has won.
  void flood(Flood kind, std::size_t most = 4096) {
    flood_with([this, kind] { return next_of(kind, *forger_, is_client); }, most);
  }
  void flood(std::string_view record) {
    flood_with([record] { return record; }, 4096);
  }
  /// One byte a turn, instead: the wire is dry after it.
  void dribble(Flood kind) {
    drips_ = kind;
    drip();
  }

  [[nodiscard]] std::size_t ticks() const noexcept {
    return turns_ + skipped_ + (out().send_calls + in().receive_calls - start_of_calls_) +
           (ssl_calls() - start_of_ssl_calls_);
  }
  void set_deadline(std::size_t ticks_from_now) noexcept { deadline_ = ticks() + ticks_from_now; }
  [[nodiscard]] bool is_late() const noexcept { return ticks() >= deadline_; }

  /// A turn begins: the peer does what it does in the meantime. Returns: whether any of this is ready; if nothing is, the
  /// deadline has come.
  [[nodiscard]] bool wait_for(bool input, bool room) {
    ++turns_;
    out().bytes.clear();
    cost_.kept = std::max(cost_.kept, heap_bytes_in_use() - std::min(start_of_heap_, heap_bytes_in_use()));
    drip();
    const bool ready = (input && (!in().bytes.empty() || in().refill)) || (room && out().budget != 0);
    if (!ready && !is_late()) {
      skipped_ += deadline_ - ticks();
    }
    return ready;
  }

  [[nodiscard]] Cost cost() noexcept {
    cost_.kept = std::max(cost_.kept, heap_bytes_in_use() - std::min(start_of_heap_, heap_bytes_in_use()));
    cost_.turns = turns_;
    cost_.calls = out().send_calls + in().receive_calls - start_of_calls_;
    cost_.ssl_calls = ssl_calls() - start_of_ssl_calls_;
    cost_.late = ticks() - std::min(deadline_, ticks());
    return cost_;
  }

  [[nodiscard]] Lane& out() noexcept { return is_client ? wire_.to_server : wire_.to_client; }
  [[nodiscard]] Lane& in() noexcept { return is_client ? wire_.to_client : wire_.to_server; }
  [[nodiscard]] const Lane& out() const noexcept { return is_client ? wire_.to_server : wire_.to_client; }
  [[nodiscard]] const Lane& in() const noexcept { return is_client ? wire_.to_client : wire_.to_server; }

 private:
  Wire wire_{};
  WireEnd own_end_{out(), in()};
  WireEnd peer_end_{in(), out()};
  SslHandle raw_;

 public:
  Connection connection;
  bool peer_has_won = false;

 private:
  [[nodiscard]] static const tlsmode::Context<Policy>& context() {
    static const tlsmode::Context<Policy> made = [] {
      auto context = [] {
        if constexpr (is_client) {
          return tlsmode::Context<Policy>{trust_in(default_authority())};
        } else {
          return tlsmode::Context<Policy>{identity_of(default_server())};
        }
      }();
      share_tickets(context.native_handle());
      return context;
    }();
    return made;
  }
  [[nodiscard]] Connection make() {
    static const tlsmode::PeerName name{"server.example"};
    if constexpr (tlsmode::NativeTransport<Transport>) {
      SslHandle ssl{::SSL_new(context().native_handle())};
      put_wire_under(ssl.get(), own_end_);
      if constexpr (is_client) {
        return Connection{ssl.release(), name};
      } else {
        return Connection{ssl.release()};
      }
    } else if constexpr (is_client) {
      return Connection{context(), Transport{own_end_}, name};
    } else {
      return Connection{context(), Transport{own_end_}};
    }
  }
  void connect(int version) {
    set_version(raw_.get(), version, true);
    tlsmode::IoStatus status = tlsmode::IoStatus::want_read;
    for (int round = 0; round != 6; ++round) {
      status = connection.handshake();
      ::SSL_do_handshake(raw_.get());
      ::ERR_clear_error();
    }
    if (status != tlsmode::IoStatus::done || ::SSL_is_init_finished(raw_.get()) != 1) {
      FAIL("the handshake does not end: " << connection.error().what());
    }
    forger_.emplace(raw_.get());
  }
  template <typename Next>
  void flood_with(Next next, std::size_t most) {
    in().refill = [=, this] {
      while (in().bytes.size() < most && records_ != most_records) {
        const auto record = next();
        const auto* const first = reinterpret_cast<const std::byte*>(record.data());
        in().bytes.insert(in().bytes.end(), first, first + record.size());
        ++records_;
      }
      peer_has_won = records_ == most_records;
    };
  }
  void drip() {
    if (drips_ && in().bytes.empty()) {
      if (drop_.empty()) drop_ = next_of(*drips_, *forger_, is_client);
      in().bytes.push_back(static_cast<std::byte>(drop_.front()));
      drop_.erase(0, 1);
    }
  }

  std::optional<Forger> forger_{};
  std::optional<Flood> drips_{};
  std::string drop_{};
  std::size_t records_ = 0;
  std::size_t turns_ = 0;
  std::size_t skipped_ = 0;  // ticks in which nobody did anything
  std::size_t deadline_ = 0;
  std::size_t start_of_calls_ = 0;
  std::size_t start_of_ssl_calls_ = 0;
  std::size_t start_of_heap_ = 0;
  Cost cost_{};
};

/// Both engines: five rules over our BIO, and the three that kernel TLS has over OpenSSL's own.
template <typename Role>
using Victims = std::tuple<VictimKind<tlsmode::StrictWrites, WireEnd, Role>,         //
                           VictimKind<tlsmode::PartialWrites, WireEnd, Role>,        //
                           VictimKind<tlsmode::MovingWrites, WireEnd, Role>,         //
                           VictimKind<tlsmode::PartialMovingWrites, WireEnd, Role>,  //
                           VictimKind<tlsmode::BufferedWrites, WireEnd, Role>,       //
                           VictimKind<tlsmode::StrictWrites, NativeEngine, Role>,    //
                           VictimKind<tlsmode::PartialWrites, NativeEngine, Role>,   //
                           VictimKind<tlsmode::BufferedWrites, NativeEngine, Role>>;

}  // namespace hostile

#endif
