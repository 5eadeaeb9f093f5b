// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_PLAN_HPP
#define TLSMODE_TESTS_PROOF_PLAN_HPP

// What a tree of schedules is made of: what is written, what the caller and the peer may do, and what the wire may.

#include <cstddef>
#include <initializer_list>
#include <vector>

#include "proof/world.hpp"

namespace tlsmode_tests {

enum class Action {
  carry_on,  // retry what is pending, or write what is next
  read,
  flush,
  write_other,    // while a write is pending: refused
  write_nothing,  // the same
  retry_fewer,    // refused; where bytes stay in place: edited at the beginning
  retry_other,    // refused; where bytes stay in place: edited at the end of what is committed
  retry_longer,   // from elsewhere, and with more behind it
  cancel,         // and writes something else
  move,
  update_keys,
  ask_for_keys,
  shut_down,
  destroy,
  peer_says,
  peer_says_much,  // several records
  peer_updates_keys,
  peer_asks_for_keys,
  peer_sends_ticket,
  peer_closes,
  peer_renegotiates,
};

/// What the wire may do besides being congested where it is written to.
struct Faults {
  bool ends = false;             // sends fail or are answered closed; the input ends or fails
  bool delivers_pieces = false;  // what the peer sends comes in any pieces
  bool tunnels = false;          // a send may want input
  bool calls_back = false;       // the transport calls the connection that is calling it
};

struct Plan {
  const char* name;
  std::vector<std::vector<std::size_t>> messages;  // sequences of writes
  std::size_t depth;
  std::vector<Action> actions;  // the first one is carry_on
  Faults faults = {};
  Renegotiation renegotiation = Renegotiation::as_openssl_has_it;
  bool with_handshake = false;  // every schedule begins with a write before the handshake
};

/// The actions of `plan` that mean something in this world.
template <typename WorldOf>
[[nodiscard]] std::vector<Action> actions_for(const Plan& plan, bool is_tls13) {
  std::vector<Action> actions;
  for (const Action action : plan.actions) {
    bool applies = true;
    switch (action) {
      case Action::write_other:
      case Action::retry_fewer:
      case Action::retry_other:
      case Action::cancel: applies = !WorldOf::buffered; break;
      case Action::retry_longer: applies = WorldOf::moving; break;
      case Action::ask_for_keys:
      case Action::peer_updates_keys:
      case Action::peer_asks_for_keys: applies = is_tls13; break;
      case Action::peer_sends_ticket: applies = is_tls13 && WorldOf::is_client; break;
      case Action::peer_renegotiates: applies = !is_tls13; break;
      default: break;
    }
    if (applies) actions.push_back(action);
  }
  return actions;
}

}  // namespace tlsmode_tests

#endif
