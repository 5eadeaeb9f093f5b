// SPDX-License-Identifier: MIT
// Enumerates all schedules of the network, of the peer, and of a caller who does what he should not, up to a depth,
// against a model: the peer reads exactly what the caller was told is accepted, in order, once. Prints what was covered.
// TLSMODE_PROOF_DEPTH=n goes n choices deeper than the default, which takes about a minute; -n, less deep. An argument
// names one plan.

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

#include <openssl/ssl.h>

#include <tlsmode/kernel_tls.hpp>
#include <tlsmode/tlsmode.hpp>

#include "proof/explorer.hpp"
#include "proof/plans.hpp"
#include "proof/schedule.hpp"
#include "proof/world.hpp"

using namespace tlsmode_tests;

namespace {

/// How a policy is made, besides its rule and its side.
struct Shape {
  std::size_t record;
  std::size_t batch;
  tlsmode::Buffers buffers = tlsmode::Buffers::adaptive;
  bool releases_buffers = false;
  bool openssl_keeps_pending = false;
};

template <typename Side, typename Rule, Shape shape>
struct Case : Side {
  using Writes = Rule;
  static constexpr tlsmode::Verification verification = tlsmode::Verification::insecure_anyone_can_be_my_peer;
  static constexpr std::size_t record_size = shape.record;
  static constexpr std::size_t batch_size = shape.batch;
  static constexpr tlsmode::Buffers buffers = shape.buffers;
  static constexpr tlsmode::ModeSet modes =
      shape.releases_buffers ? Side::modes | tlsmode::Mode::release_buffers : Side::modes;
  static constexpr bool kernel_tls = shape.openssl_keeps_pending;
};

int failures = 0;
long deeper = 0;
Totals everything;

/// All schedules of one configuration and one sequence of messages.
template <typename WorldOf>
void explore(const Plan& plan, const std::vector<std::size_t>& messages, int version, const char* rule,
             const char* shape, Totals& totals) {
  Explorer explorer{plan.depth + static_cast<std::size_t>(deeper)};
  const bool is_tls13 = version == TLS1_3_VERSION;
  const std::vector<Action> actions = actions_for<WorldOf>(plan, is_tls13);
  std::unique_ptr<WorldOf> world;
  try {
    do {
      if (!world) {
        world = std::make_unique<WorldOf>(version, totals, plan.renegotiation, plan.faults.calls_back);
        if (!plan.with_handshake) world->shake_hands();
      }
      const bool lives_on = Schedule<WorldOf>{*world, explorer, plan, actions, messages, is_tls13}.run();
      if (!lives_on) world.reset();
    } while (explorer.next());
  } catch (const std::exception& error) {
    ++failures;
    const char* const last = world && world->connection != nullptr ? world->connection->error().what() : "";
    std::printf("FAILED: %s, %s, %s, %s, %zu bytes, choices %s: %s; the last error was: %s\n", plan.name, rule, shape,
                WorldOf::is_client ? "client" : "server", messages.front(), explorer.path().c_str(), error.what(),
                last);
  }
  totals.states += explorer.states();
}

template <typename WorldOf>
void explore(const Plan& plan, const char* rule, const char* shape) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const bool renegotiates = plan.actions.back() == Action::peer_renegotiates;
    if (renegotiates && version != TLS1_2_VERSION) continue;
    Totals totals;
    for (const auto& messages : plan.messages) explore<WorldOf>(plan, messages, version, rule, shape, totals);
    std::printf("%-24s %-19s %-8s %s 1.%c %9llu schedules %9llu states %10llu calls %9llu sends %9llu receives\n",
                plan.name, rule, shape, WorldOf::is_client ? "client" : "server", version == TLS1_2_VERSION ? '2' : '3',
                totals.schedules, totals.states, totals.calls, totals.sends, totals.receives);
    std::fflush(stdout);
    everything += totals;
  }
}

/// Transports of one span, and batches of four records; and the engine for kernel TLS.
template <typename Rule, std::size_t record>
void explore_plain(const Plan& plan, const char* rule) {
  constexpr Shape shape{.record = record, .batch = 4 * record};
  explore<World<Case<tlsmode::Client, Rule, shape>, ScriptedEnd>>(plan, rule, "elastic");
  explore<World<Case<tlsmode::Server, Rule, shape>, ScriptedEnd>>(plan, rule, "elastic");
  if constexpr (!Rule::modes.contains(tlsmode::Mode::accept_moving_write_buffer)) {
    if (plan.faults.tunnels) return;  // no socket does that
    constexpr Shape native{.record = record, .batch = 4 * record, .openssl_keeps_pending = true};
    explore<World<Case<tlsmode::Client, Rule, native>, tlsmode::NativeBio>>(plan, rule, "native");
    explore<World<Case<tlsmode::Server, Rule, native>, tlsmode::NativeBio>>(plan, rule, "native");
  }
}

/// Transports of pairs, release_buffers, and batches of one record; and transports like a socket, with buffers that come
/// and go or stay, and larger batches.
template <typename Rule, std::size_t record>
void explore_lean(const Plan& plan, const char* rule) {
  constexpr std::size_t large_batch = tlsmode::Client::batch_size;
  constexpr Shape socket{.record = record, .batch = 4 * record};
  constexpr Shape kept{.record = record, .batch = large_batch, .buffers = tlsmode::Buffers::kept};
  explore<World<Case<tlsmode::Client, Rule, socket>, SocketLikeEnd>>(plan, rule, "socket");
  explore<World<Case<tlsmode::Server, Rule, kept>, SocketLikeEnd>>(plan, rule, "kept");
  if constexpr (record == 512) {
    constexpr Shape lean{.record = record, .batch = record, .releases_buffers = true};
    constexpr Shape large{.record = record, .batch = large_batch, .releases_buffers = true};
    explore<World<Case<tlsmode::Server, Rule, lean>, PairingEnd>>(plan, rule, "lean");
    explore<World<Case<tlsmode::Client, Rule, large>, PairingEnd>>(plan, rule, "batches");
  }
}

template <typename Rule>
void explore_rule(const Plans& plans, const char* rule) {
  if (plans.record == 512) {
    for (const Plan& plan : plans.plain) explore_plain<Rule, 512>(plan, rule);
    for (const Plan& plan : plans.lean) explore_lean<Rule, 512>(plan, rule);
  } else {
    for (const Plan& plan : plans.plain) explore_plain<Rule, 16'384>(plan, rule);
    for (const Plan& plan : plans.lean) explore_lean<Rule, 16'384>(plan, rule);
  }
}

void keep_only(std::vector<Plan>& plans, std::string_view name) {
  std::erase_if(plans, [&](const Plan& plan) { return plan.name != name; });
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* const text = std::getenv("TLSMODE_PROOF_DEPTH")) deeper = std::strtol(text, nullptr, 10);
  const auto start = std::chrono::steady_clock::now();
  for (Plans plans : {small_records(), real_records()}) {
    if (argc > 1) {
      keep_only(plans.plain, argv[1]);
      keep_only(plans.lean, argv[1]);
    }
    explore_rule<tlsmode::StrictWrites>(plans, "StrictWrites");
    explore_rule<tlsmode::PartialWrites>(plans, "PartialWrites");
    explore_rule<tlsmode::MovingWrites>(plans, "MovingWrites");
    explore_rule<tlsmode::PartialMovingWrites>(plans, "PartialMovingWrites");
    explore_rule<tlsmode::BufferedWrites>(plans, "BufferedWrites");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const Totals& all = everything;
  std::printf("%llu schedules, %llu states, %llu calls, %llu sends, %llu receives, %llu bytes read, %llu handshakes\n",
              all.schedules, all.states, all.calls, all.sends, all.receives, all.bytes, all.worlds);
  std::printf("%llu calls while bytes that were lent before were poisoned\n", all.poisoned);
  std::printf("in %.1f s; %d failures\n", took.count(), failures);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
