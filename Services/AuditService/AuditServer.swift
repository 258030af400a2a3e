import FieldsealServiceRuntime

@main
enum AuditServer {
    static func main() async { await ServerMain.run(AuditApplication.self) }
}
