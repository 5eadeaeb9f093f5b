// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_SCHEDULE_HPP
#define TLSMODE_TESTS_PROOF_SCHEDULE_HPP

// One schedule: a caller who does what an Explorer says, right or wrong, until everything settles.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proof/caller.hpp"
#include "proof/plan.hpp"

namespace tlsmode_tests {

template <typename WorldOf>
class Schedule : private Caller<WorldOf> {
  using Right = Caller<WorldOf>;
  using Right::is_pending, Right::waits, Right::carry_on, Right::read, Right::settle_write, Right::may_fail;
  using Right::world_, Right::messages_, Right::rest_, Right::is_over_, Right::closing_, Right::renegotiating_;
  using typename Right::Connection, typename Right::IoStatus, typename Right::WriteResult;

 public:
  Schedule(WorldOf& world, Explorer& explorer, const Plan& plan, const std::vector<Action>& actions,
           const std::vector<std::size_t>& messages, bool is_tls13)
      : Right{world, messages}, explorer_{explorer}, plan_{plan}, actions_{actions}, is_tls13_{is_tls13} {
    this->gathered_is_known_ = !plan.with_handshake;
  }

  /// Writes the messages; then everything settles, and the model has to be met.
  /// Returns: whether the two sides can be used again.
  bool run() {
    require(world_.incoming.empty(), "nothing is left of the schedule before");
    world_.incoming.align();
    script(&explorer_);
    carry_on();
    for (int step = 0; step != 40 && !is_over_ && !destroyed_; ++step) {
      const unsigned count = static_cast<unsigned>(actions_.size());
      if (!act(actions_[explorer_.choose(count)])) break;
      world_.listen();
    }
    script(nullptr);
    if (destroyed_) {
      world_.listen();
    } else {
      settle();
    }
    world_.forget();
    ++world_.totals.schedules;
    return !destroyed_ && !closing_ && !is_over_ && !may_fail() && !world_.peer.has_closed && !renegotiating_ &&
           !plan_.with_handshake;
  }

 private:
  void script(Explorer* explorer) {
    const Faults& faults = plan_.faults;
    world_.outgoing.send_script = explorer;
    world_.outgoing.send_may_fail = faults.ends;
    world_.outgoing.send_may_want_read = faults.tunnels;
    world_.incoming.receive_script = faults.ends || faults.delivers_pieces ? explorer : nullptr;
    world_.incoming.receive_may_end = faults.ends;
  }

  /// Returns: false if there is nothing left to do.
  bool act(Action action) {
    switch (action) {
      case Action::carry_on: return carry_on();
      case Action::read: break;
      case Action::flush: return this->flush(), true;
      case Action::write_other: return refused_write("other bytes"), true;
      case Action::write_nothing: return refused_write(""), true;
      case Action::retry_fewer: return wrong_retry(true), true;
      case Action::retry_other: return wrong_retry(false), true;
      case Action::retry_longer: return longer_retry(), true;
      case Action::cancel: return cancel_and_write(), true;
      case Action::move: return world_.move(), true;
      case Action::update_keys: return update_keys(false), true;
      case Action::ask_for_keys: return update_keys(true), true;
      case Action::shut_down: return this->shut_down(), true;
      case Action::destroy: return destroyed_ = true, world_.destroy(), true;
      case Action::peer_says: world_.peer.say("news"); break;
      case Action::peer_says_much: world_.peer.say(much()); break;
      case Action::peer_updates_keys: world_.peer.update_keys(SSL_KEY_UPDATE_NOT_REQUESTED); break;
      case Action::peer_asks_for_keys: world_.peer.update_keys(SSL_KEY_UPDATE_REQUESTED); break;
      case Action::peer_sends_ticket: world_.peer.send_ticket(); break;
      case Action::peer_closes: world_.peer.close(); break;
      case Action::peer_renegotiates: renegotiate(); break;
    }
    read();
    return true;
  }

  [[nodiscard]] static std::string_view much() {
    static constexpr std::size_t records = WorldOf::Policy::record_size == 512 ? 2 : 5;  // 5: received several at once
    static const std::string text = pattern(records * WorldOf::Policy::record_size + 100, 7);
    return text;
  }

  void renegotiate() {
    if (renegotiating_) return;
    const bool is_refused = plan_.renegotiation == Renegotiation::refused ||
                            (!WorldOf::is_client && plan_.renegotiation != Renegotiation::allowed);
    renegotiating_ = true;
    world_.peer_may_fail = world_.peer_may_fail || is_refused;  // OpenSSL gives up when it is refused
    this->may_lose_an_alert_ = is_refused && WorldOf::is_native;
    world_.peer.renegotiate();
    world_.listen();
  }

  void refused_write(std::string_view bytes) {
    if (!is_pending()) {
      if (!bytes.empty()) return;
      const WriteResult result = world_.call([&](Connection& c) { return c.write(bytes); });
      require(result == WriteResult{IoStatus::done, 0} || may_fail() || closing_, "an empty write is done");
      return;
    }
    const std::size_t calls = world_.outgoing.sends + world_.incoming.receives;
    const WriteResult result = world_.call([&](Connection& c) { return c.write(bytes); });
    require(result == WriteResult{IoStatus::write_pending, 0}, "a write while one is pending is refused");
    require(world_.outgoing.sends + world_.incoming.receives == calls, "a refusal does not touch the transport");
  }

  void wrong_retry(bool fewer) {
    const tlsmode::PendingWrite pending = world_.pending();
    const std::size_t calls = world_.outgoing.sends + world_.incoming.receives;
    WriteResult result{IoStatus::write_pending, 0};
    if constexpr (WorldOf::buffered) {
      return;
    } else if (pending.length == 0) {
      result = world_.call([&](Connection& c) { return Right::right_retry(c, "x"); });
      require(result == WriteResult{IoStatus::failed, 0}, "a retry with nothing pending fails");
      result = {IoStatus::write_pending, 0};
    } else if constexpr (WorldOf::moving) {
      if (fewer) {
        result = world_.call_with(this->rest(), [&](Connection& c) { return c.retry(this->rest().substr(1)); });
      } else if (pending.committed != 0) {
        std::string other{this->rest()};
        other[pending.committed - 1] ^= 1;
        result = world_.call([&](Connection& c) { return c.retry(other); });
      }
    } else if (pending.committed != 0) {
      char& edited = rest_[fewer ? 0 : pending.committed - 1];
      edited ^= 1;
      result = world_.call_with(this->rest(), [](Connection& c) { return c.retry(); });
      edited ^= 1;
    }
    require(result == WriteResult{IoStatus::write_pending, 0}, "a wrong retry is refused");
    require(world_.outgoing.sends + world_.incoming.receives == calls, "a refusal does not touch the transport");
    const tlsmode::PendingWrite now = world_.pending();
    require(now.length == pending.length && now.committed == pending.committed, "a refusal changes nothing");
  }

  void longer_retry() {
    if (!is_pending()) return;
    const std::span<char> longer = world_.message(rest_.size() + 600);
    std::copy(rest_.begin(), rest_.end(), longer.begin());
    rest_ = longer;
    carry_on();
  }

  void cancel_and_write() {
    const tlsmode::PendingWrite pending = world_.pending();
    const std::size_t committed = world_.call([](Connection& c) { return c.cancel_write(); });
    require(committed == pending.committed, "what is cancelled is what was committed");
    require(!is_pending(), "a write that is cancelled is not pending");
    if (pending.length != 0) {
      world_.accept(world_.pending_bytes.substr(0, committed));
      rest_ = {};
    }
    if (rest_.empty() && cancelled_++ < 2) this->begin(world_.message(messages_.front()));
  }

  void update_keys(bool ask_peer) {
    const bool was_pending = is_pending();
    const IoStatus status = world_.call([&](Connection& c) { return c.update_keys(ask_peer); });
    this->gathered_is_known_ = false;
    keys_wait_ = waits(status);
    if (may_fail() || closing_) return;
    if (was_pending) {
      require(status == IoStatus::write_pending, "keys are not updated while a write is pending");
    } else if (is_tls13_) {
      require(status == IoStatus::done || waits(status), "keys are updated");
    } else {
      require(waits(status) || status == IoStatus::failed, "TLS 1.2 updates no keys");
    }
  }

  /// With a wire that takes and gives everything, everything that was begun ends.
  void settle() {
    for (int round = 0; round != 100 && (is_pending() || !rest_.empty()) && !is_over_; ++round) {
      if (!carry_on()) break;
      world_.listen();
      if (!is_over_) read();
    }
    for (int round = 0; round != 3 && !is_over_; ++round) {
      this->flush();
      world_.listen();
      world_.peer.answer();
      if (!is_over_) read();
    }
    if (is_over_ || may_fail() || (closing_ && world_.peer_may_fail)) return end_badly();
    const int owed = ::SSL_get_key_update_type(world_.connection->native_handle());
    if (!closing_ && is_tls13_ &&
        (keys_wait_ ||
         owed !=
             SSL_KEY_UPDATE_NONE)) {  // OpenSSL answers with the next write; the next schedule shall not begin with that
      const IoStatus status = world_.call([](Connection& c) { return c.update_keys(); });
      require(status == IoStatus::done, "keys are updated");
      world_.listen();
    }
    world_.peer.answer();
    read();
    require(!is_pending() && rest_.empty(), "every write ends");
    if (closing_) say_goodbye();
    require(!world_.connection->wants_write(), "nothing is left to send");
    require(world_.received == world_.expected, "the peer has read everything that was accepted");
    require(world_.heard == world_.peer.said, "the connection has read everything that was said");
  }

  /// Both sides close, this one first if it was not the peer; and what is said in between is heard.
  void say_goodbye() {
    this->shut_down();
    require(world_.peer.was_closed, "shutdown succeeds in the end");
    world_.peer.say("last words");
    read();
    require(world_.heard == world_.peer.said, "after shutdown one can still read");
    world_.peer.close();
    require(world_.hear() == IoStatus::closed, "closed is said when both sides have closed");
    static constexpr std::string_view bytes = "too late";
    const WriteResult late = world_.call([](Connection& c) { return c.write(bytes); });
    require(late == WriteResult{IoStatus::failed, 0}, "after shutdown nothing is written");
  }

  /// Of a connection that has failed nothing more is expected than that it says so, and does no harm.
  void end_badly() {
    const bool is_readable = world_.outgoing.send_failed && world_.incoming.end == IoStatus::done &&
                             !WorldOf::is_native && !renegotiating_ && !plan_.with_handshake;
    if (is_readable) {
      world_.peer.say("last words");
      static_cast<void>(world_.hear());
      require(world_.heard == world_.peer.said, "when sending has failed one can still read");
    }
    for (int round = 0; round != 2; ++round) {
      static_cast<void>(world_.hear());
      if (is_pending()) {
        settle_write(world_.call_with(world_.pending_bytes,
                                      [&](Connection& c) { return Right::right_retry(c, world_.pending_bytes); }),
                     world_.pending_bytes);
      }
      require(world_.call([](Connection& c) { return c.flush(); }) != IoStatus::done || !world_.outgoing.send_failed,
              "a failure to send is said again");
      world_.listen();
    }
    static_cast<void>(world_.call([](Connection& c) { return c.cancel_write(); }));
    static_cast<void>(world_.call([](Connection& c) { return c.shutdown(); }));
    world_.listen();
  }

  Explorer& explorer_;
  const Plan& plan_;
  const std::vector<Action>& actions_;
  bool is_tls13_;
  int cancelled_ = 0;
  bool keys_wait_ = false;  // update_keys() is to be called again
  bool destroyed_ = false;
};

}  // namespace tlsmode_tests

#endif
