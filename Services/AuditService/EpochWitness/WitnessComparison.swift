/// What comes of the statements of one look.
struct WitnessComparison {
    var findings: [Finding] = []
    /// Of each epoch, the newest statement that agrees, whose counts are compared: they hold those of the ones before.
    private(set) var newest: [[UInt8]: WitnessedStatement] = [:]

    mutating func note(_ verdict: WitnessVerdict, _ statement: WitnessedStatement) {
        switch verdict {
        case .contradicted: findings.append(Finding(.contradicted, statement))
        case .withheld: findings.append(Finding(.withheld, statement))
        case .agreed:
            let known = newest[statement.statement.epoch]?.sequence ?? 0
            if statement.sequence > known { newest[statement.statement.epoch] = statement }
        case .pending, .unknown: break
        }
    }
}
