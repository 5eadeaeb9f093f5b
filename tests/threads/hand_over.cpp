// SPDX-License-Identifier: MIT
// One connection and two threads: handed over properly, and used by both at once, which is refused.
#include <chrono>
#include <optional>
#include <semaphore>

#include "threads/threads.hpp"

using namespace threads;
using namespace tlsmode_tests;
using tlsmode::IoStatus;

namespace {

/// Connections travel round a ring of threads, one step of a conversation each, also while a write is pending.
Findings pass_round() {
  constexpr std::size_t thread_count = 8;
  constexpr std::size_t rounds = 32;
  const ClientContext clients = client_context();
  const ServerContext servers = server_context();
  const std::string text = pattern(600'000);
  struct Traveller {
    Couple couple;
    tlsmode::WriteResult last{IoStatus::done, 0};
    std::string heard;
  };
  std::vector<std::optional<Traveller>> places(thread_count);
  for (auto& place : places) place.emplace(Traveller{Couple{clients, servers}, {IoStatus::done, 0}, {}});
  std::barrier next{static_cast<std::ptrdiff_t>(thread_count)};
  return on_threads(thread_count, [&](std::size_t thread, Findings& findings) {
    for (std::size_t round = 0; round != rounds; ++round) {
      Traveller& source = *places[(thread + round) % thread_count];
      Traveller traveller{std::move(source)};
      Couple& couple = traveller.couple;
      if (round == 0) {
        findings.check(shake_hands(couple).done(), "no handshake");
      } else if (round % 4 == 1) {
        traveller.heard.clear();
        traveller.last = couple.client.write(text);
        findings.check(traveller.last.status == IoStatus::want_write, "the write does not block");
      } else {
        while (couple.client.pending_write().length != 0 && traveller.heard.size() < text.size() / 4 * (round % 4)) {
          traveller.heard += hear(couple.server).text;
          traveller.last = couple.client.retry();
        }
        if (round % 4 == 0) {
          while (traveller.last.status == IoStatus::want_write) {
            traveller.heard += hear(couple.server).text;
            traveller.last = couple.client.retry();
          }
          traveller.heard += hear(couple.server).text;
          findings.check(traveller.last == tlsmode::WriteResult{IoStatus::done, text.size()}, "the write is not done");
          findings.check(traveller.heard == text, "something else is heard");
        }
      }
      source = std::move(traveller);
      next.arrive_and_wait();
    }
  });
}

constexpr std::chrono::seconds patience{20};  // no wait of a test that passes comes near

/// A transport whose calls stop in the middle, until the test lets them go on.
struct Gate {
  std::binary_semaphore entered{0};
  std::binary_semaphore go_on{0};
  bool armed = false;  // changed only while no call is under way
};
class GatedEnd {
 public:
  GatedEnd(WireEnd end, Gate& gate) noexcept : end_{end}, gate_{&gate} {}
  [[nodiscard]] tlsmode::ReadResult receive(std::span<std::byte> to) noexcept {
    pass();
    return end_.receive(to);
  }
  [[nodiscard]] tlsmode::WriteResult send(std::span<const std::byte> from) noexcept {
    pass();
    return end_.send(from);
  }

 private:
  void pass() noexcept {
    if (!gate_->armed) return;
    gate_->armed = false;
    gate_->entered.release();
    static_cast<void>(gate_->go_on.try_acquire_for(patience));
  }
  WireEnd end_;
  Gate* gate_;
};

template <typename Rule>
struct Gated {
  using Policy = WithRule<tlsmode::Client, Rule>;
  Wire wire;
  Gate gate;
  tlsmode::Context<Policy> clients{trust_in(default_authority())};
  ServerContext servers = server_context();
  tlsmode::Connection<Policy, GatedEnd> client{clients, GatedEnd{WireEnd::client(wire), gate},
                                               tlsmode::PeerName{"server.example"}};
  tlsmode::Connection<tlsmode::Server, WireEnd> server{servers, WireEnd::server(wire)};
};

/// While one thread is inside the transport, every call of another one is refused, and changes nothing.
template <typename Rule>
Findings overlap() {
  Gated<Rule> pair;
  Findings findings;
  findings.check(shake_hands(pair.client, pair.server).done(), "no handshake");
  findings.check(hear(pair.client).end == IoStatus::want_read, "the tickets are not read");
  const std::string message = "A";
  for (const bool is_read : {false, true}) {
    for (int times = 0; times != 100; ++times) {
      if (is_read) {
        findings.check(pair.server.write(message).status == IoStatus::done, "the server cannot write");
      }
      pair.gate.armed = true;
      IoStatus inside = IoStatus::failed;
      char got[8];
      std::thread first{[&] {
        if (is_read) {
          inside = pair.client.read(got).status;
        } else {
          inside = pair.client.write(message).status;
          if constexpr (tlsmode::BuffersWrites<typename Gated<Rule>::Policy>) {
            inside = pair.client.flush();
          }
        }
      }};
      if (!findings.check(pair.gate.entered.try_acquire_for(patience), "the first call does not reach the transport")) {
        first.join();
        return findings;
      }
      char buffer[8];
      const std::string other = "B";
      findings.check(pair.client.read(buffer) == tlsmode::ReadResult{IoStatus::failed, 0}, "read is not refused");
      findings.check(pair.client.write(other) == tlsmode::WriteResult{IoStatus::failed, 0}, "write is not refused");
      if constexpr (requires { pair.client.retry(other); }) {
        findings.check(pair.client.retry(other).status == IoStatus::failed, "retry is not refused");
      } else if constexpr (requires { pair.client.retry(); }) {
        findings.check(pair.client.retry().status == IoStatus::failed, "retry is not refused");
      }
      findings.check(pair.client.handshake() == IoStatus::failed, "handshake is not refused");
      findings.check(pair.client.flush() == IoStatus::failed, "flush is not refused");
      findings.check(pair.client.update_keys() == IoStatus::failed, "update_keys is not refused");
      findings.check(pair.client.shutdown() == IoStatus::failed, "shutdown is not refused");
      findings.check(::ERR_peek_error() == 0, "the error queue is not empty");
      pair.gate.go_on.release();
      first.join();
      findings.check(inside == IoStatus::done, "the call that was first is disturbed");
      if (!is_read) findings.check(hear(pair.server).text == message, "the server has heard something else");
    }
  }
  findings.check(pair.client.shutdown() == IoStatus::done, "no shutdown");
  findings.check(hear(pair.server).end == IoStatus::closed, "the server does not hear the end");
  return findings;
}

/// Two threads call at will: whoever is refused tries again, and every message arrives whole. No other lock.
Findings contend() {
  constexpr std::size_t messages = 2'000;
  Gated<tlsmode::StrictWrites> pair;
  Findings all;
  all.check(shake_hands(pair.client, pair.server).done(), "no handshake");
  const std::string texts[] = {std::string(100, 'a'), std::string(100, 'b')};
  all.add(on_threads(2, [&](std::size_t thread, Findings& findings) {
    for (std::size_t number = 0; number != messages; ++number) {
      std::size_t refused = 0;
      tlsmode::WriteResult result = pair.client.write(texts[thread]);
      while (result.status == IoStatus::failed && ++refused != 100'000'000) {
        std::this_thread::yield();
        result = pair.client.write(texts[thread]);
      }
      findings.check(result == tlsmode::WriteResult{IoStatus::done, 100}, "a write is lost");
    }
  }));
  const std::string heard = hear(pair.server).text;
  std::size_t of_a = 0;
  bool whole = heard.size() == 2 * messages * 100;
  for (std::size_t at = 0; whole && at != heard.size(); at += 100) {
    whole = heard.compare(at, 100, texts[heard[at] == 'a' ? 0 : 1]) == 0;
    of_a += heard[at] == 'a' ? 1U : 0U;
  }
  all.check(whole && of_a == messages, "the messages are mixed");
  return all;
}

}  // namespace

int main() {
  static_cast<void>(default_server());
  Report report;
  report.part("connections handed round 8 threads, writes pending", pass_round());
  report.part("overlapping calls are refused, StrictWrites", overlap<tlsmode::StrictWrites>());
  report.part("overlapping calls are refused, PartialWrites", overlap<tlsmode::PartialWrites>());
  report.part("overlapping calls are refused, MovingWrites", overlap<tlsmode::MovingWrites>());
  report.part("overlapping calls are refused, PartialMovingWrites", overlap<tlsmode::PartialMovingWrites>());
  report.part("overlapping calls are refused, BufferedWrites", overlap<tlsmode::BufferedWrites>());
  report.part("two threads that contend for one connection", contend());
  return report.end();
}
