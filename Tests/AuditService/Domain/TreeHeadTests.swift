import FieldsealTransparencyLog
import Testing

@testable import AuditService

@Suite struct TreeHeadTests {
    private func head(_ leaves: [TreeHash], term: Int64 = 1) -> TreeHead {
        TreeHead.empty.appending(leaves, term: term, lastEvent: Int64(leaves.count))
    }

    private func problem(_ body: () throws -> Void) -> TreeProblem.Kind? {
        #expect(throws: TreeProblem.self, performing: body)?.kind
    }

    @Test func aLogGoesOnFromWhatIsKnown() throws {
        let (known, longer) = (head([.zero]), head([.zero, .zero]))
        try longer.check(continues: known, root: known.root)
        try known.check(continues: known, root: known.root)
        try known.check(continues: .empty, root: MerkleTree.emptyRoot)
        #expect(problem { try known.check(continues: longer, root: nil) } == .rolledBack)
        #expect(problem { try longer.check(continues: known, root: longer.root) } == .forked)
        #expect(problem { try longer.check(continues: known, root: nil) } == .forked)
    }

    @Test func aProcessKeepsItsTermWhileNobodyElseWrites() {
        let memory = HeadMemory()
        #expect(memory.term(behind: .empty) == 1)
        memory.remember(head([.zero], term: 1), isOwn: true)
        #expect(memory.term(behind: head([.zero], term: 1)) == 1)
        #expect(memory.term(behind: head([.zero, .zero], term: 2)) == 3)
    }

    @Test func theNewestHeadIsRemembered() {
        let memory = HeadMemory()
        let heads = [head([.zero]), head([.zero, .zero])]
        for head in heads.reversed() { memory.remember(head) }
        #expect(memory.head == heads[1])
    }

    @Test func nothingIsAppendedWhileHeldNorAfterAProblem() throws {
        let memory = HeadMemory()
        try memory.checkOpen()
        memory.hold()
        #expect(throws: AuditServiceError.notReady) { try memory.checkOpen() }
        let found = TreeProblem(.rolledBack, size: 4, "x")
        #expect(!memory.isRefused && memory.refuse(found))
        memory.release()
        #expect(!memory.refuse(TreeProblem(.damaged, size: 5, "y")))
        #expect(throws: found) { try memory.checkOpen() }
    }

    @Test func noMoreGetInThanMay() {
        let turnstile = Turnstile(maximum: 2)
        #expect(turnstile.enter() && turnstile.enter() && !turnstile.enter())
        turnstile.leave()
        #expect(turnstile.enter() && !turnstile.enter())
    }
}
