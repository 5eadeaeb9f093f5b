// SPDX-License-Identifier: MIT
// Drives blocking sessions. Several at once take turns, one step each, which is enough for both ends to meet in order.
#ifndef TLSMODE_BENCH_SUPPORT_BLOCKING_PEER_HPP
#define TLSMODE_BENCH_SUPPORT_BLOCKING_PEER_HPP

#include <concepts>
#include <memory>
#include <vector>

#include "peer.hpp"

namespace bench {

template <class Type>
concept BlockingSession = requires(Type session, std::span<const std::byte> out, std::span<std::byte> in) {
  session.write(out);                                 // all of it
  { session.read(in) } -> std::same_as<std::size_t>;  // at least one byte
  session.flush();
  session.close();
  { session.facts() } -> std::same_as<Facts>;
};

/// `Shared` is what connections of one side have in common (a context), made from a Setup; `Session` is made from it and a descriptor.
template <class Shared, BlockingSession Session>
class BlockingPeer final : public Peer {
 public:
  explicit BlockingPeer(const Setup& setup) : shared_(setup) {}

  void open(int descriptor) override { sessions_.push_back(std::make_unique<Session>(shared_, descriptor)); }

  void play(std::size_t first, std::span<Script> scripts) override {
    std::vector<std::byte> buffer(scripts[0].read_size());
    if (scripts.size() == 1) {
      while (step(*sessions_[first], scripts[0], buffer)) {
      }
      return;
    }
    for (bool playing = true; playing;) {
      playing = false;
      for (std::size_t i = 0; i < scripts.size(); ++i) playing |= step(*sessions_[first + i], scripts[i], buffer);
    }
  }

  void close() override {
    for (auto& session : sessions_) session->close();
    sessions_.clear();
  }

  Facts facts(std::size_t connection) override { return sessions_[connection]->facts(); }

 private:
  static bool step(Session& session, Script& script, std::span<std::byte> buffer) {
    const Step step = script.next();
    switch (step.kind) {
      case Step::Kind::write:
        session.write(step.bytes);
        script.wrote(step.bytes.size());
        return true;
      case Step::Kind::flush:
        session.flush();
        script.flushed();
        return true;
      case Step::Kind::read: script.received(buffer.first(session.read(buffer))); return true;
      case Step::Kind::end: break;
    }
    return false;
  }

  Shared shared_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace bench

#endif
