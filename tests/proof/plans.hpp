// SPDX-License-Identifier: MIT
#ifndef TLSMODE_TESTS_PROOF_PLANS_HPP
#define TLSMODE_TESTS_PROOF_PLANS_HPP

// Which trees of schedules are explored.

#include <cstddef>
#include <vector>

#include "proof/plan.hpp"

namespace tlsmode_tests {

struct Plans {
  std::size_t record;
  std::vector<Plan> plain;  // with both engines
  std::vector<Plan> lean;   // with other batches, kept buffers, release_buffers, and transports that send pairs
};

[[nodiscard]] inline std::vector<Action> joined(std::vector<Action> actions, const std::vector<Action>& more) {
  actions.insert(actions.end(), more.begin(), more.end());
  return actions;
}

// clang-format off
inline const std::vector<Action> right = {Action::carry_on};
inline const std::vector<Action> flushing = {Action::carry_on, Action::flush};
inline const std::vector<Action> wrong = {
    Action::carry_on, Action::write_other, Action::write_nothing, Action::retry_fewer, Action::retry_other,
    Action::retry_longer, Action::cancel, Action::flush, Action::read, Action::peer_says, Action::peer_asks_for_keys,
    Action::ask_for_keys, Action::update_keys, Action::move};
inline const std::vector<Action> both_ways = {
    Action::carry_on, Action::read, Action::peer_says, Action::peer_says_much, Action::peer_updates_keys,
    Action::peer_asks_for_keys, Action::peer_sends_ticket, Action::ask_for_keys, Action::flush, Action::move};
inline const std::vector<Action> bursting = {
    Action::carry_on, Action::peer_says_much, Action::read, Action::peer_says, Action::peer_asks_for_keys, Action::move};
inline const std::vector<Action> closing = {
    Action::carry_on, Action::read, Action::peer_says, Action::peer_closes, Action::shut_down, Action::flush,
    Action::cancel, Action::ask_for_keys, Action::destroy};
inline const std::vector<Action> handshaking = {
    Action::carry_on, Action::read, Action::flush, Action::cancel, Action::move};
// clang-format on

[[nodiscard]] inline Plans small_records() {
  const std::vector<std::vector<std::size_t>> sizes = {{1}, {511}, {512}, {513}, {1024}, {1300}, {2600}};
  const std::vector<std::vector<std::size_t>> sequences = {{2600, 5, 700}, {100, 200, 300}, {513, 1, 1}, {511, 1, 512}};
  const std::vector<Action> dying = joined(wrong, {Action::shut_down, Action::peer_closes, Action::destroy});
  const std::vector<Action> renegotiating = joined(wrong, {Action::shut_down, Action::peer_renegotiates});
  const Faults pieces{.delivers_pieces = true};
  const Faults ends{.ends = true, .delivers_pieces = true};
  return {512,
          {
              {"small records", sizes, 6, right},
              {"sequences", sequences, 5, flushing},
              {"misuse", {{1}, {600}, {2600}}, 4, wrong},
              {"both ways", {{600}, {2600}}, 4, both_ways, pieces},
              {"closing", {{5}, {600}, {2600}}, 4, closing},
              {"ends and failures", {{5}, {600}, {2600}}, 3, dying, ends},
              {"renegotiation allowed", {{5}, {600}}, 3, renegotiating, {}, Renegotiation::allowed},
              {"renegotiation refused", {{5}, {600}}, 3, renegotiating, {}, Renegotiation::refused},
              {"calls from inside", {{600}, {2600}}, 3, both_ways, {.calls_back = true}},
              {"handshake", {{600}}, 4, handshaking, ends, {}, true},
              {"tunnels", {{600}, {2600}}, 4, both_ways, {.tunnels = true}},
          },
          {
              {"small records", sizes, 5, right},
              {"sequences", sequences, 4, flushing},
              {"misuse", {{600}, {2600}}, 3, wrong},
              {"both ways", {{2600}}, 4, both_ways, pieces},
              {"ends and failures", {{2600}}, 2, dying, ends},
              {"calls from inside", {{2600}}, 3, both_ways, {.calls_back = true}},
              {"closing", {{600}, {2600}}, 3, closing},
          }};
}

[[nodiscard]] inline Plans real_records() {
  const std::vector<std::vector<std::size_t>> sizes = {{1}, {16'383}, {16'384}, {16'385}, {32'768}, {40'000}, {70'000}};
  const std::vector<std::vector<std::size_t>> sequences = {{40'000, 5, 16'384}, {16'383, 1, 1}};
  const Faults pieces{.delivers_pieces = true};
  const Faults ends{.ends = true, .delivers_pieces = true};
  return {16'384,
          {
              {"real records", sizes, 3, right},
              {"misuse of real records", {{16'384}, {16'385}, {70'000}}, 3, wrong},
          },
          {
              {"real sequences", sequences, 3, flushing},
              {"real both ways", {{40'000}}, 3, both_ways, pieces},
              {"bursts", {{1}}, 4, bursting, pieces},
              {"real closing", {{40'000}}, 3, closing},
              {"real ends and failures", {{40'000}}, 2, joined(closing, {Action::peer_says_much}), ends},
          }};
}

}  // namespace tlsmode_tests

#endif
