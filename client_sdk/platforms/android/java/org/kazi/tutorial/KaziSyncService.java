package org.kazi.tutorial;

import android.content.Intent;
import android.os.Binder;
import android.os.IBinder;
import android.util.Log;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import org.kivy.android.PythonService;
import org.kivy.android.PythonUtil;

/**
 * A service of python-for-android that also runs its script when it is bound.
 *
 * <p>Android 8 lets no app in the background start a service, and Android 12 no foreground
 * service either; binding one is allowed at any time. Named in buildozer.spec:
 * {@code android.service_class_name = org.kazi.tutorial.KaziSyncService}. Services that are
 * started, as by {@code ServiceName.start()}, behave as before.
 */
public class KaziSyncService extends PythonService {
    private static final String TAG = "KaziSync";

    @Override
    public IBinder onBind(Intent intent) {
        if (!isUnpacked()) {
            // The worker hears of a null binding at once, and comes again.
            return null;
        }
        // Does nothing if the script is running already.
        onStartCommand(getThisDefaultIntent(getApplicationContext(), ""), 0, 0);
        return new Binder();
    }

    /**
     * Tells whether the Python files on the device are those of this version of the app.
     *
     * <p>The activity unpacks them at its first start after an update. Until then the new
     * interpreter would meet an old standard library.
     */
    private boolean isUnpacked() {
        String expected = PythonUtil.getResourceString(this, "private_version");
        File version = new File(PythonUtil.getAppRoot(this), "private.version");
        try (BufferedReader reader = new BufferedReader(new FileReader(version))) {
            return expected.equals(reader.readLine());
        } catch (IOException absent) {
            Log.i(TAG, "the app has not been opened since it was installed or updated");
            return false;
        }
    }
}
