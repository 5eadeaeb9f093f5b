// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_WORLD_HPP
#define TLSMODE_TESTS_PROOF_WORLD_HPP

// A connection under test, a raw peer, the wire between them, and a model of what each has to get.

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <tlsmode/tlsmode.hpp>

#include "proof/lent_bytes.hpp"
#include "proof/peer.hpp"
#include "proof/scripted_wire.hpp"
#include "support/tls_pair.hpp"

namespace tlsmode_tests {

inline void require(bool holds, const char* promise) {
  if (!holds) throw std::runtime_error{promise};
}

/// What all schedules together did.
struct Totals {
  unsigned long long schedules = 0;
  unsigned long long states = 0;
  unsigned long long calls = 0;     // of the connection
  unsigned long long poisoned = 0;  // of them, those with bytes lent before that nobody may touch
  unsigned long long sends = 0;     // of the transport
  unsigned long long receives = 0;  // of the transport
  unsigned long long bytes = 0;     // that the peer and the connection have read
  unsigned long long worlds = 0;    // pairs of sides that shook hands

  Totals& operator+=(const Totals& other) {
    schedules += other.schedules;
    states += other.states;
    calls += other.calls;
    poisoned += other.poisoned;
    sends += other.sends;
    receives += other.receives;
    bytes += other.bytes;
    worlds += other.worlds;
    return *this;
  }
};

enum class Renegotiation { as_openssl_has_it, allowed, refused };

template <tlsmode::PolicyType PolicyOf, tlsmode::TransportType Transport>
class World {
 public:
  using Policy = PolicyOf;
  using Connection = tlsmode::Connection<Policy, Transport>;
  static constexpr bool is_client = Policy::role == tlsmode::Role::client;
  static constexpr bool is_native = tlsmode::NativeTransport<Transport>;
  static constexpr bool buffered = tlsmode::BuffersWrites<Policy>;
  static constexpr bool moving = tlsmode::AllowsMovedBuffer<Policy>;
  static constexpr bool partial = tlsmode::AllowsPartialWrite<Policy>;

  World(int version, Totals& all, Renegotiation renegotiation, bool reenters) : totals{all} {
    if (reenters) visit_ = [this] { call_back_in(); };
    ::SSL* const own = make_connection().native_handle();
    SSL_set_min_proto_version(own, version);
    SSL_set_max_proto_version(own, version);
    if (renegotiation == Renegotiation::allowed) ::SSL_set_options(own, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    if (renegotiation == Renegotiation::refused) ::SSL_set_options(own, SSL_OP_NO_RENEGOTIATION);
    ++totals.worlds;
  }
  World(const World&) = delete;  // the transport points at this object
  World& operator=(const World&) = delete;

  /// A full handshake the first time; from then on that session is resumed, which costs half as much.
  void shake_hands() {
    ::SSL* const client = is_client ? connection->native_handle() : peer.ssl();
    SessionHandle& session = sessions_[::SSL_get_min_proto_version(client) == TLS1_3_VERSION ? 1 : 0];
    if (session) ::SSL_set_session(client, SessionHandle{::SSL_SESSION_dup(session.get())}.get());
    for (int round = 0; round != 10; ++round) {
      const bool done = connection->handshake() == tlsmode::IoStatus::done;
      if (peer.handshake() && done) break;
    }
    require(::SSL_is_init_finished(peer.ssl()) == 1, "the handshake succeeds");
    listen();
    static_cast<void>(hear());
    if (!session) session.reset(::SSL_get1_session(client));
  }

  [[nodiscard]] tlsmode::PendingWrite pending() const {
    return connection != nullptr ? connection->pending_write() : tlsmode::PendingWrite{};
  }
  /// Whether a call may fail through no fault of the caller's.
  [[nodiscard]] bool broken() const { return outgoing.send_failed || incoming.end != tlsmode::IoStatus::done; }

  /// Calls the connection, and checks what has to hold after every call.
  template <typename Call>
  auto call(Call what) {
    return call_with({}, what);
  }
  /// As call(), for a write or a retry of `bytes`, which may touch them, and nothing else that was ever lent.
  template <typename Call>
  auto call_with(std::string_view bytes, Call what) {
    const std::size_t calls = outgoing.sends + incoming.receives;
    const std::size_t moved = outgoing.sent + incoming.received;
    outgoing.full = outgoing.send_wants_input = incoming.dry = false;
    const auto result = [&] {
      const LentBytes::Poisoned poisoned{lent_, bytes};
      totals.poisoned += poisoned.any() ? 1U : 0U;
      return what(*connection);
    }();
    ++totals.calls;
    require(::ERR_peek_error() == 0, "the error queue is empty after every call");
    for (const tlsmode::QueueEntry& entry : connection->error().queue()) {
      require(ERR_GET_REASON(entry.code) != SSL_R_BAD_WRITE_RETRY, "BAD_WRITE_RETRY never appears");
      require(ERR_GET_REASON(entry.code) != SSL_R_BAD_LENGTH, "BAD_LENGTH never appears");
    }
    const std::size_t most = (outgoing.sent + incoming.received - moved) / 8 + 24;
    require(outgoing.sends + incoming.receives - calls <= most, "a call makes a bounded number of transport calls");
    require(outgoing.sends_after_failure == 0, "a transport that failed to send is not asked again");
    if constexpr (std::is_same_v<decltype(result), const tlsmode::WriteResult>) {
      require(outgoing.sends_in_vain == 0, "a write does not ask a socket again that is known to be full");
    }
    outgoing.sends_in_vain = 0;
    require(!was_let_in_, "a call from inside the transport is refused");
    check_waiting(status_of(result), std::is_same_v<decltype(result), const tlsmode::ReadResult>);
    return result;
  }

  /// `bytes` are promised to the peer.
  void accept(std::string_view bytes) { expected += bytes; }

  /// Lets the peer read what has come, and compares it with what was promised, or is committed of a pending write. Of a
  /// write that failed the peer may have any part.
  void listen() {
    peer.listen(received);
    const std::size_t known = std::min(expected.size(), received.size());
    const bool is_prefix = std::string_view{received}.substr(0, known) == std::string_view{expected}.substr(0, known);
    require(is_prefix, "the peer reads what was accepted, in order, once");
    const std::string_view more = std::string_view{received}.substr(known);
    const std::string_view may_follow = failed_bytes.empty() ? pending_bytes.substr(0, committed()) : failed_bytes;
    require(more.size() <= may_follow.size(), "beyond that the peer reads only what is committed");
    require(may_follow.starts_with(more), "what is committed is what was written");
    require(!peer.failed || broken() || peer_may_fail, "the peer is well");
  }

  /// Lets the connection read what has come. Returns: how that ended.
  tlsmode::IoStatus hear() {
    char buffer[16384];
    while (true) {
      const tlsmode::ReadResult result = call([&](Connection& c) { return c.read(buffer); });
      require(result.bytes == 0 || result.status == tlsmode::IoStatus::done, "bytes come with done only");
      heard.append(buffer, result.bytes);
      require(std::string_view{peer.said}.starts_with(heard), "the connection reads what the peer has said");
      if (result.status == tlsmode::IoStatus::done) {
        const bool is_held = incoming.empty() && heard.size() < peer.said.size();
        require(!is_held || connection->has_input(), "what has been received and not yet read is seen by has_input()");
        continue;
      }
      require(result.status != tlsmode::IoStatus::closed || (peer.has_closed && heard == peer.said),
              "closed is said when the peer has closed, and all before it was read");
      require(result.status != tlsmode::IoStatus::truncated || incoming.end == tlsmode::IoStatus::closed,
              "truncated is said when the stream has ended");
      require(result.status != tlsmode::IoStatus::want_read || !connection->wants_write() || pending().length != 0 ||
                  is_closing,
              "a read that leaves output behind says want_write, or the caller is to go on with a write or a shutdown");
      return result.status;
    }
  }

  /// Moves the connection elsewhere, for good. What was moved from is inert.
  void move() {
    const LentBytes::Poisoned poisoned{lent_, {}};
    std::optional<Connection>& from = places_[place_];
    place_ = 1 - place_;
    places_[place_].emplace(std::move(*from));
    connection = &*places_[place_];
    const bool is_inert = from->pending_write().length == 0 && !from->wants_write() && !from->has_input();
    require(is_inert && from->flush() == tlsmode::IoStatus::failed, "what was moved from is inert");
    Connection again{std::move(*connection)};
    *connection = std::move(again);
    from.reset();
  }

  /// Destroys the connection, which says nothing to the peer.
  void destroy() {
    committed_at_end_ = pending().committed;
    const std::size_t sends = outgoing.sends;
    const LentBytes::Poisoned poisoned{lent_, {}};
    connection = nullptr;
    places_[place_].reset();
    require(outgoing.sends == sends, "destroying sends nothing");
  }

  /// `size` bytes that no other message of this run has, in a place that stays. They may be edited.
  [[nodiscard]] std::span<char> message(std::size_t size) {
    static std::string pool = pattern(std::size_t{1} << 20U);
    offset_ = (offset_ + 70'001) % (pool.size() - 200'000);
    lent_.add(std::span{pool}.subspan(offset_, size));
    return std::span{pool}.subspan(offset_, size);
  }

  /// Forgets what has been said, so that a long-lived pair begins again.
  void forget() {
    totals.bytes += received.size() + heard.size();
    totals.sends += outgoing.sends;
    totals.receives += incoming.receives;
    outgoing.sends = incoming.receives = 0;
    expected.clear();
    received.clear();
    peer.said.clear();
    heard.clear();
    pending_bytes = failed_bytes = {};
    lent_.clear();
  }

  Totals& totals;
  ScriptedLane outgoing;  // from the connection to the peer
  ScriptedLane incoming;
  Peer peer{is_client, Policy::record_size, outgoing, incoming};
  Connection* connection = nullptr;
  std::string expected;            // what the peer has to read
  std::string received;            // what it has read
  std::string heard;               // what the connection has read
  std::string_view pending_bytes;  // those of the pending write
  std::string_view failed_bytes;   // those of a write that failed
  bool peer_may_fail = false;
  bool is_closing = false;  // shutdown() was called

 private:
  using IoStatus = tlsmode::IoStatus;
  using SessionHandle = std::unique_ptr<::SSL_SESSION, FreeWith<&::SSL_SESSION_free>>;

  [[nodiscard]] static IoStatus status_of(IoStatus status) { return status; }
  [[nodiscard]] static IoStatus status_of(tlsmode::ReadResult result) { return result.status; }
  [[nodiscard]] static IoStatus status_of(tlsmode::WriteResult result) { return result.status; }
  [[nodiscard]] static IoStatus status_of(std::size_t) { return IoStatus::done; }

  /// Who waits has to be woken, and not before there is something to do.
  void check_waiting(IoStatus status, bool is_read) const {
    if (status == IoStatus::want_write) {
      require(outgoing.full || (is_read && outgoing.send_wants_input),
              "want_write is said when the transport takes no more");
      require(connection->wants_write(), "want_write is said when there is something to write");
    } else if (status == IoStatus::want_read) {
      require(incoming.dry || outgoing.send_wants_input, "want_read is said when the transport has no more");
      require(!connection->has_input(), "no byte that has come is left unread when the connection says want_read");
    }
  }

  [[nodiscard]] std::size_t committed() const {
    return connection != nullptr ? connection->pending_write().committed : committed_at_end_;
  }

  Connection& make_connection() {
    if constexpr (is_native) {
      places_[0].emplace(context(), tlsmode::NativeBio{new_scripted_bio(own_end_), new_scripted_bio(own_end_)});
    } else {
      places_[0].emplace(context(), Transport{incoming, outgoing, &visit_});
    }
    connection = &*places_[0];
    return *connection;
  }

  /// What a transport should not do: it calls the connection that is calling it.
  void call_back_in() noexcept {
    if (connection == nullptr || was_let_in_) return;
    static constexpr std::string_view bytes = "from inside";
    char buffer[16];
    Connection& c = *connection;
    const std::size_t pending_length = c.pending_write().length;
    bool refused = c.read(buffer).status == IoStatus::failed && c.write(bytes).status == IoStatus::failed;
    if constexpr (requires { c.retry(bytes); }) {
      refused = refused && c.retry(bytes).status == IoStatus::failed;
    } else if constexpr (requires { c.retry(); }) {
      refused = refused && c.retry().status == IoStatus::failed;
    }
    refused = refused && c.handshake() == IoStatus::failed && c.flush() == IoStatus::failed;
    refused = refused && c.shutdown() == IoStatus::failed && c.update_keys() == IoStatus::failed;
    static_cast<void>(c.cancel_write());
    was_let_in_ = !refused || c.pending_write().length != pending_length;
  }

  [[nodiscard]] static const tlsmode::Context<Policy>& context() {
    static const tlsmode::Context<Policy> made = [] {
      auto context = [] {
        if constexpr (is_client) {
          return tlsmode::Context<Policy>{};
        } else {
          return tlsmode::Context<Policy>{identity_of(default_server())};
        }
      }();
      make_cheap(context.native_handle());
      return context;
    }();
    return made;
  }

  static inline SessionHandle sessions_[2];  // of TLS 1.2 and of 1.3

  std::function<void()> visit_;
  ScriptedEnd own_end_{incoming, outgoing, &visit_};  // for BIOs
  std::optional<Connection> places_[2];
  std::size_t place_ = 0;
  std::size_t committed_at_end_ = 0;
  LentBytes lent_{};
  std::size_t offset_ = 0;
  bool was_let_in_ = false;
};

}  // namespace tlsmode_tests

#endif
