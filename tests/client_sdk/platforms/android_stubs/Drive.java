import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.ServiceConnection;
import android.os.Binder;
import android.os.IBinder;
import androidx.work.Data;
import androidx.work.WorkerParameters;
import java.util.function.BiConsumer;
import org.kazi.tutorial.KaziSyncService;
import org.kazi.tutorial.KaziSyncWorker;

/** Runs the SDK's Java as Android would, and prints what it did, a line each. */
public final class Drive {
    private static final String SERVICE = "org.example.ServiceKazisync";

    public static void main(String[] arguments) {
        String act = arguments[0];
        switch (act) {
            case "schedule":
                KaziSyncWorker.schedule(new Device(null), SERVICE, 15, false);
                KaziSyncWorker.schedule(new Device(null), SERVICE, 60, true);
                KaziSyncWorker.cancel(new Device(null));
                break;
            case "bind":
                IBinder binder = new Sync().onBind(new Intent());
                System.out.println(binder == null ? "no binder" : "binder");
                break;
            case "no-service":
                work(null);
                break;
            case "process-ends":
                work((connection, worker) -> connection.onServiceDisconnected(new ComponentName()));
                break;
            case "null-binding":
                work((connection, worker) -> connection.onNullBinding(new ComponentName()));
                break;
            case "binding-died":
                work((connection, worker) -> connection.onBindingDied(new ComponentName()));
                break;
            case "stopped":
                work((connection, worker) -> worker.onStopped());
                break;
            default:
                throw new IllegalArgumentException(act);
        }
    }

    private static void work(BiConsumer<ServiceConnection, KaziSyncWorker> end) {
        Device device = new Device(end);
        Data data = new Data.Builder().putString("service", SERVICE).build();
        device.worker = new KaziSyncWorker(device, new WorkerParameters(data));
        System.out.println(device.worker.doWork().getClass().getSimpleName());
    }

    /** What p4a generates for a service. */
    private static final class Sync extends KaziSyncService {
        @Override
        protected Intent getThisDefaultIntent(Context context, String argument) {
            return new Intent().setClassName(context, SERVICE);
        }

        @Override
        public int onStartCommand(Intent intent, int flags, int startId) {
            System.out.println("started " + intent.className());
            return super.onStartCommand(intent, flags, startId);
        }
    }

    /** Binds as Android does: the answers come on another thread. */
    private static final class Device extends Context {
        private final BiConsumer<ServiceConnection, KaziSyncWorker> end;
        private KaziSyncWorker worker;

        Device(BiConsumer<ServiceConnection, KaziSyncWorker> end) {
            this.end = end;
        }

        @Override
        public boolean bindService(Intent service, ServiceConnection connection, int flags) {
            System.out.println("bound " + service.className() + " " + flags);
            if (end == null) {
                return false;
            }
            Thread main =
                    new Thread(
                            () -> {
                                connection.onServiceConnected(new ComponentName(), new Binder());
                                end.accept(connection, worker);
                            });
            main.start();
            return true;
        }

        @Override
        public void unbindService(ServiceConnection connection) {
            System.out.println("unbound");
        }

        @Override
        public Context getApplicationContext() {
            return this;
        }
    }
}
